import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icons.tsx";
import { openDialogs, Toasts } from "./toast.tsx";

/** Something to be answered before anything else; Escape leaves it. */
export function Dialog({
  title,
  children,
  foot,
  onClose,
  wide = false,
}: {
  title: string;
  children: ComponentChildren;
  foot?: ComponentChildren;
  onClose: () => void;
  wide?: boolean;
}): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  const [level, setLevel] = useState(-1);
  const leave = useRef<(() => void) | undefined>(undefined);
  leave.current = onClose;
  // Open with its first frame: an Escape that comes right after finds it.
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    setLevel(++openDialogs.value);
    return () => {
      openDialogs.value--;
      // What the browser tells of this closing is news to nobody.
      leave.current = undefined;
      dialog?.close();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={wide ? "wide" : ""}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // A browser may close a dialog without asking first, when Escape comes twice without a click between.
      onClose={() => leave.current?.()}
      onMouseDown={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
      <div class="dialog-head">
        <h2>{title}</h2>
        <button type="button" class="button quiet icon" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <div class="dialog-body">{children}</div>
      {foot === undefined ? null : <div class="dialog-foot">{foot}</div>}
      <Toasts level={level} />
    </dialog>
  );
}
