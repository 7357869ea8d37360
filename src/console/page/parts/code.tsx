import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { isNarrow } from "../state/narrow.ts";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icons.tsx";
import type { Snippets } from "./snippets.ts";
import { say } from "./toast.tsx";

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
  } catch {
    say("The browser did not allow copying", "Mark the text and copy it by hand.", true);
  }
}

/** Text to be copied. */
export function Code({ text, label }: { text: string; label: string }): JSX.Element {
  return (
    <div class="code">
      <pre tabIndex={0} aria-label={label}>
        <code>{text}</code>
      </pre>
      <button type="button" class="button copy" onClick={() => void copy(text)}>
        Copy<span class="visually-hidden"> {label}</span>
      </button>
    </div>
  );
}

/** The same as a page shows or does, as commands and as a program. */
export function AsCode({ of: { cli, typescript } }: { of: Snippets }): JSX.Element {
  const [shown, show] = useState<"cli" | "typescript" | undefined>(undefined);
  const parts = [
    <section key="cli" class="page" style={{ gap: "8px" }}>
      <h3>On the command line</h3>
      <Code text={cli} label="commands" />
    </section>,
    <section key="typescript" class="page" style={{ gap: "8px" }}>
      <h3>In TypeScript</h3>
      <Code text={typescript} label="program" />
    </section>,
  ];
  return (
    <>
      <span class="joined" role="group" aria-label="The same without this page">
        <button type="button" class="button" onClick={() => show("cli")}>
          <Icon name="code" size={16} /> As CLI
        </button>
        {isNarrow.value ? null : (
          <button type="button" class="button" onClick={() => show("typescript")}>
            As TypeScript
          </button>
        )}
      </span>
      {shown === undefined ? null : (
        <Dialog title="The same without this page" onClose={() => show(undefined)} wide>
          {shown === "cli" ? parts : parts.reverse()}
        </Dialog>
      )}
    </>
  );
}
