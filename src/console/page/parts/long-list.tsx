import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
} from "@tanstack/virtual-core";
import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useMemo, useReducer, useRef } from "preact/hooks";
import { isNarrow } from "../state/narrow.ts";

export interface Column<T> {
  readonly key: string;
  readonly title: string;
  /** Of a CSS grid, such as `2fr` or `90px`. */
  readonly width: string;
  readonly isNumber?: boolean;
  /** Left out on narrow screens. */
  readonly isOptional?: boolean;
  readonly cell: (row: T) => ComponentChildren;
  /** Makes the column sortable. */
  readonly order?: (row: T) => number | string;
}

export interface Order {
  readonly key: string;
  readonly descending: boolean;
}

const ROW_PX = 42;
const OVERSCAN = 8;

/** A table of any length: only the rows in view are there. */
export function LongList<T>({
  label,
  rows,
  columns,
  keyOf,
  order,
  onOrder,
}: {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  keyOf: (row: T) => string;
  order: Order;
  onOrder: (order: Order) => void;
}): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const [, redraw] = useReducer<number, undefined>((times) => times + 1, 0);
  const virtualizer = useMemo(
    () =>
      new Virtualizer<HTMLDivElement, HTMLDivElement>({
        count: rows.length,
        getScrollElement: () => scroller.current,
        estimateSize: () => ROW_PX,
        overscan: OVERSCAN,
        scrollToFn: elementScroll,
        observeElementRect,
        observeElementOffset,
        onChange: () => redraw(undefined),
      }),
    [],
  );
  virtualizer.setOptions({ ...virtualizer.options, count: rows.length });
  useLayoutEffect(() => virtualizer._didMount(), []);
  useLayoutEffect(() => virtualizer._willUpdate());

  const shown = columns.filter((column) => !isNarrow.value || column.isOptional !== true);
  const template = { "grid-template-columns": shown.map(({ width }) => width).join(" ") };
  return (
    <div class="long-list" role="table" aria-label={label} aria-rowcount={rows.length + 1}>
      <div role="row" class="list-head" style={template}>
        {shown.map((column) => (
          <ColumnHead key={column.key} column={column} order={order} onOrder={onOrder} />
        ))}
      </div>
      <div
        ref={scroller}
        class="rows"
        role="rowgroup"
        tabIndex={0}
        aria-label={`${label}, rows`}
        style={{ height: `${Math.min(rows.length * ROW_PX, 1200)}px` }}
      >
        <div style={{ height: `${virtualizer.getTotalSize()}px` }}>
          {virtualizer.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <div
                key={keyOf(row)}
                role="row"
                aria-rowindex={item.index + 2}
                class="list-row"
                style={{ ...template, top: `${item.start}px`, height: `${ROW_PX}px` }}
              >
                {shown.map((column) => (
                  <span key={column.key} role="cell" class={column.isNumber === true ? "num" : ""}>
                    {column.cell(row)}
                  </span>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function ColumnHead<T>({
  column,
  order,
  onOrder,
}: {
  column: Column<T>;
  order: Order;
  onOrder: (order: Order) => void;
}): JSX.Element {
  const isOrdered = order.key === column.key;
  const direction = order.descending ? "descending" : "ascending";
  return (
    <span
      role="columnheader"
      class={column.isNumber === true ? "num" : ""}
      aria-sort={isOrdered ? direction : "none"}
    >
      {column.order === undefined ? (
        column.title
      ) : (
        <button
          type="button"
          onClick={() =>
            onOrder({
              key: column.key,
              descending: isOrdered ? !order.descending : column.isNumber === true,
            })
          }
        >
          {column.title}
          {isOrdered ? (order.descending ? " ↓" : " ↑") : ""}
        </button>
      )}
    </span>
  );
}

/** The rows in the order that was chosen; equal ones keep theirs. */
export function ordered<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  { key, descending }: Order,
): readonly T[] {
  const by = columns.find((column) => column.key === key)?.order;
  if (by === undefined) return rows;
  const factor = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const left = by(a);
    const right = by(b);
    return left < right ? -factor : left > right ? factor : 0;
  });
}
