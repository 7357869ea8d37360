/** What the command line ends with; scripts may rely on these. */
export const ExitCode = {
  ok: 0,
  failed: 1,
  /** The command was not understood. */
  usage: 2,
  notFound: 3,
  notAuthorised: 4,
  /** Some of several things were done, others failed. */
  partial: 5,
  timedOut: 124,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
