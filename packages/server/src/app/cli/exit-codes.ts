/** What the exit code of `belfry` says; docs/operations.md and each --help list them. */
export const exitCodes = {
  ok: 0,
  /** The command began and did not succeed. */
  failed: 1,
  /** Wrong arguments or configuration; nothing was done. */
  usage: 2,
  /** The server did not answer, or did not let us in. */
  unreachable: 3,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The foot of every help text. */
export const exitCodeHelp = `
Exit codes: 0 done, 1 failed, 2 wrong arguments or configuration, 3 server not reached`;
