import { render, type JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Frame } from "./parts/frame.tsx";
import { Keys } from "./parts/keys.tsx";
import { Safe } from "./parts/safe.tsx";
import { Toasts } from "./parts/toast.tsx";
import { Overview } from "./pages/overview.tsx";
import { Lazy } from "./parts/lazy.tsx";
import { startLive } from "./state/live.ts";
import { place } from "./state/router.ts";
import "./styles.css";

/** The screen of the place somebody is at. Screens beyond the first are loaded when they are asked for. */
function Screen(): JSX.Element {
  const [first = "", name = "", tab = "messages"] = place.value.path;
  if (first === "flow") {
    return <Lazy key="flow" load={() => import("./pages/flow.tsx")} pick={(m) => <m.Flow />} />;
  }
  if (first === "topics" && name === "") {
    return (
      <Lazy key="topics" load={() => import("./pages/topics.tsx")} pick={(m) => <m.Topics />} />
    );
  }
  if (first === "topics") {
    return (
      <Lazy
        key={`topic ${name}`}
        load={() => import("./pages/topic.tsx")}
        pick={(m) => <m.Topic name={name} tab={tab} />}
      />
    );
  }
  if (first === "groups" && name === "") {
    return (
      <Lazy key="groups" load={() => import("./pages/groups.tsx")} pick={(m) => <m.Groups />} />
    );
  }
  if (first === "groups") {
    return (
      <Lazy
        key={`group ${name}`}
        load={() => import("./pages/group.tsx")}
        pick={(m) => <m.Group name={name} />}
      />
    );
  }
  if (first === "brokers") {
    return (
      <Lazy key="brokers" load={() => import("./pages/brokers.tsx")} pick={(m) => <m.Brokers />} />
    );
  }
  return <Overview />;
}

function App(): JSX.Element {
  const { path } = place.value;
  const where = path.slice(0, 2).join("/");
  useEffect(() => {
    document.title = path.length === 0 ? "Moldau" : `${path.slice(0, 2).join(" · ")} · Moldau`;
    scrollTo(0, 0);
  }, [where]);
  return (
    <>
      <Frame>
        <Safe key={where}>
          <Screen />
        </Safe>
      </Frame>
      <Keys />
      <Toasts />
    </>
  );
}

const root = document.getElementById("app");
if (root !== null) {
  render(<App />, root);
  startLive();
}
