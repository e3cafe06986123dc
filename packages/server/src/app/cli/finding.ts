/** What a check of `belfry doctor` found. */
export interface Finding {
  readonly name: string;
  readonly grade: 'ok' | 'warn' | 'fail';
  readonly words: string;
  /** What to do; with every grade but ok. */
  readonly remedy?: string;
}

export type Check = () => Finding | Promise<Finding>;
