import type { ComponentChildren, JSX } from "preact";
import { link, trouble } from "../state/link.ts";
import { groups, overview, cluster, topics } from "../state/live.ts";
import { place } from "../state/router.ts";
import { short } from "../state/format.ts";
import { Icon, type IconName } from "./icons.tsx";
import { toggleTheme } from "./theme.ts";

const entries: readonly (readonly [path: string, title: string, icon: IconName])[] = [
  ["", "Overview", "overview"],
  ["flow", "Flow", "flow"],
  ["topics", "Topics", "topics"],
  ["groups", "Groups", "groups"],
  ["brokers", "Brokers", "brokers"],
];

/** What is around every screen: navigation, and whether figures are live. */
export function Frame({ children }: { children: ComponentChildren }): JSX.Element {
  const [here = ""] = place.value.path;
  return (
    <div class="frame">
      <a class="visually-hidden" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <header class="side">
        <a class="brand" href="#/">
          <img src="./icon.svg" alt="" /> Moldau
        </a>
        <nav class="nav" aria-label="Screens">
          {entries.map(([path, title, icon]) => (
            <a key={path} href={`#/${path}`} {...(path === here ? { "aria-current": "page" } : {})}>
              <Icon name={icon} />
              {title}
              <Count path={path} />
            </a>
          ))}
        </nav>
        <div class="side-foot">
          <button type="button" class="button quiet" onClick={toggleTheme}>
            <Icon name="theme" size={16} /> <span>Light or dark</span>
          </button>
          <LinkState />
        </div>
      </header>
      <main class="main" id="main" tabIndex={-1}>
        <WaitingNotice />
        {children}
      </main>
    </div>
  );
}

function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Count({ path }: { path: string }): JSX.Element | null {
  const figure =
    path === "topics"
      ? [...topics.value.values()].filter((topic) => !topic.isInternal).length
      : path === "groups"
        ? groups.value.size
        : undefined;
  return figure === undefined ? null : <span class="badge">{short(figure)}</span>;
}

function LinkState(): JSX.Element {
  const state = link.value;
  const text = { live: "Live", connecting: "Connecting", waiting: "Waiting for the broker" }[state];
  const color = { live: "good", connecting: "", waiting: "warn" }[state];
  const info = cluster.value;
  return (
    <div>
      <span class="link-state" role="status">
        <span class={`dot ${color}`} /> {text}
      </span>
      {info === undefined ? null : (
        <span class="product">
          {info.product === "moldau" ? `Moldau ${info.moldauVersion}` : "Apache Kafka protocol"}
        </span>
      )}
    </div>
  );
}

function WaitingNotice(): JSX.Element | null {
  if (link.value !== "waiting") return null;
  const why = trouble.value ?? "The console's server does not answer; it goes with the broker.";
  return (
    <div class="notice warning" role="status" style={{ marginBottom: "16px" }}>
      <strong>No news from the broker.</strong>
      <span>
        {overview.value === undefined ? "" : "What is shown is what was last known. "}
        The page goes on by itself when it is back.
      </span>
      <span class="muted small">{why}</span>
    </div>
  );
}
