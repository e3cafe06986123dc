import { iOrL, lettersOf } from './people-limits-text.ts';

/**
 * Phrases of the list of limits, made ready for comparing. A phrase is words with a space between:
 * - `a|b`: one of these words; `word*`: the word with any ending; `{name}`: one of the words of that group;
 * - `..3`: up to three other words may stand here;
 * - a phrase that begins with `*` is found anywhere, also inside a longer word.
 * All other phrases begin at the beginning of a word, so that `surface` never reads as `face`. Spaces between letters or missing between
 * words do not matter: words are compared by their letters, over as many words of the text as it takes.
 */
export interface Pattern {
  /** As written in the list. */
  readonly phrase: string;
  readonly steps: readonly Step[];
  /** Found inside words, too. Has one step. */
  readonly anywhere: boolean;
}

interface Step {
  /** One of these must stand here. */
  readonly choices: readonly Choice[];
  /** How many other words may stand before it. */
  readonly gap: number;
}

interface Choice {
  readonly letters: string;
  /** Any ending may follow. */
  readonly open: boolean;
}

/** A word of a text, and where it stands. */
export interface Word {
  readonly letters: string;
  /** Index of the field that it came from. */
  readonly field: number;
  /** Counts words; between two fields, some more. */
  readonly position: number;
}

/** The pattern of a phrase. A text instead says what is wrong with it. */
export function compilePhrase(phrase: string, groups: Readonly<Record<string, string>>): Pattern | string {
  const anywhere = phrase.startsWith('*');
  const steps: Step[] = [];
  let gap = 0;
  for (const part of (anywhere ? phrase.slice(1) : phrase).trim().split(/\s+/u)) {
    if (/^\.\.\d{1,2}$/u.test(part)) {
      gap = Number(part.slice(2));
      continue;
    }
    const choices: Choice[] = [];
    for (const choice of part.replaceAll(/\{(\w+)\}/gu, (whole, name: string) => groups[name] ?? whole).split('|')) {
      const letters = lettersOf(choice);
      if (letters === '') return `"${choice}" in the phrase "${phrase}" has no letters`;
      choices.push({ letters, open: choice.endsWith('*') });
    }
    steps.push({ choices, gap });
    gap = 0;
  }
  if (steps.length === 0) return `the phrase "${phrase}" has no words`;
  if (anywhere && steps.length > 1) return `the phrase "${phrase}" begins with * and so must be one word`;
  return { phrase, steps, anywhere };
}

/** How the words begin that a pattern can begin with: by their first letter, and by their first two. */
export function beginningsOf(pattern: Pattern): ReadonlySet<string> {
  const choices = pattern.steps[0]?.choices ?? [];
  return new Set(choices.flatMap(({ letters }) => [letters.slice(0, 1), letters.slice(0, 2)]));
}

/** The index behind the last word that the pattern takes when it begins at word `start`, or -1. Words in `masked` never match. */
export function matchAt(pattern: Pattern, words: readonly Word[], start: number, masked: ReadonlySet<number>): number {
  return new Match(pattern.steps, words, masked).from(0, start, 0);
}

/** Ends of a choice: the word it ends in and the letters read of it; no end is -1. */
const noEnd = { word: -1, read: 0 } as const;

class Match {
  readonly #steps: readonly Step[];
  readonly #words: readonly Word[];
  readonly #masked: ReadonlySet<number>;

  constructor(steps: readonly Step[], words: readonly Word[], masked: ReadonlySet<number>) {
    this.#steps = steps;
    this.#words = words;
    this.#masked = masked;
  }

  /** Matches the steps from `index` on, beginning behind `read` letters of the word `at`. */
  from(index: number, at: number, read: number): number {
    const step = this.#steps[index];
    if (step === undefined) return read === 0 ? at : -1;
    for (const choice of step.choices) {
      const end = this.#choice(choice, at, read);
      if (end.word === -1) continue;
      const whole = this.from(index + 1, end.word, end.read);
      if (whole !== -1) return whole;
    }
    return read === 0 && step.gap > 0 ? this.#behindGap(index, at, step) : -1;
  }

  #behindGap(index: number, at: number, step: Step): number {
    const before = this.#words[at - 1]?.position ?? 0;
    for (let next = at + 1; next < this.#words.length; next += 1) {
      const position = this.#words[next]?.position ?? 0;
      if (position - before - 1 > step.gap) return -1;
      for (const choice of step.choices) {
        const end = this.#choice(choice, next, 0);
        if (end.word === -1) continue;
        const whole = this.from(index + 1, end.word, end.read);
        if (whole !== -1) return whole;
      }
    }
    return -1;
  }

  #choice(choice: Choice, start: number, startRead: number): { readonly word: number; readonly read: number } {
    const wanted = choice.letters;
    let compared = 0;
    let read = startRead;
    for (let at = start; at < this.#words.length && !this.#masked.has(at); at += 1) {
      const letters = this.#words[at]?.letters ?? '';
      const common = Math.min(letters.length - read, wanted.length - compared);
      for (let index = 0; index < common; index += 1) {
        if (!sameLetter(letters.charCodeAt(read + index), wanted.charCodeAt(compared + index))) return noEnd;
      }
      compared += common;
      read += common;
      if (read === letters.length) read = 0;
      if (compared === wanted.length) {
        if (read === 0) return { word: at + 1, read: 0 };
        return choice.open ? { word: at + 1, read: 0 } : { word: at, read };
      }
    }
    return noEnd;
  }
}

const codeOfIOrL = iOrL.charCodeAt(0);

function sameLetter(read: number, wanted: number): boolean {
  return read === wanted || (read === codeOfIOrL && (wanted === 0x69 || wanted === 0x6c));
}
