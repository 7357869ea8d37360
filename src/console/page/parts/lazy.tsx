import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { problemOf } from "../state/api.ts";
import { comebacks } from "../state/link.ts";
import { ProblemNotice, Waiting } from "./page.tsx";

/** A screen whose program is fetched when it is shown for the first time. */
export function Lazy<M>({
  load,
  pick,
}: {
  load: () => Promise<M>;
  pick: (module: M) => JSX.Element;
}): JSX.Element {
  const [module, setModule] = useState<{ readonly loaded: M } | undefined>(undefined);
  const [failure, setFailure] = useState<unknown>(undefined);
  const attempt = comebacks.value;
  useEffect(() => {
    if (module !== undefined) return;
    setFailure(undefined);
    load().then((loaded) => setModule({ loaded }), setFailure);
  }, [attempt]);
  if (failure !== undefined) {
    const remedy = "The console may have been restarted: reload the page.";
    return <ProblemNotice problem={{ ...problemOf(failure), remedy }} />;
  }
  return module === undefined ? <Waiting what="this screen" /> : pick(module.loaded);
}
