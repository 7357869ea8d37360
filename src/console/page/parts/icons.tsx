import type { JSX } from "preact";

const paths = {
  overview: "M3 11.5 12 4l9 7.5M5.5 9.8V20h13V9.8",
  flow: "M4 6h5a4 4 0 0 1 4 4v4a4 4 0 0 0 4 4h3M4 18h5a4 4 0 0 0 4-4M17 6h3M18 15.500l2.500 2.500-2.500 2.500",
  topics: "M4 6h16M4 12h16M4 18h16",
  groups:
    "M8.500 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM16 12a2.500 2.500 0 1 0 0-5M3 19c.6-3 2.800-4.500 5.500-4.500S13.400 16 14 19M16 14.500c2.400 0 4.300 1.300 5 4",
  brokers: "M4 5h16v5H4zM4 14h16v5H4zM7.500 7.500h.01M7.500 16.500h.01",
  close: "M6 6l12 12M18 6 6 18",
  code: "M9 7l-5 5 5 5M15 7l5 5-5 5",
  theme: "M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9Z",
  plus: "M12 5v14M5 12h14",
  refresh: "M20 12a8 8 0 1 1-2.300-5.700M20 4v4h-4",
  play: "M7 5l12 7-12 7z",
  pause: "M8 5v14M16 5v14",
} as const;

export type IconName = keyof typeof paths;

/** A picture beside a word that says the same; hidden from those who hear the page. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
