/**
 * Text as the list of limits on watching people reads it: the same words come out whatever case, accents, look-alike letters,
 * invisible characters, punctuation, joins (camelCase, snake_case), percent-encoding or digits in place of letters they were written with.
 * Phrases of the list go through the same steps, so that both sides agree even where a step maps a letter crudely.
 */

/** Stands for a sign that can be read as i or as l (the digit 1, a bar, an exclamation mark). A code point of private use. */
export const iOrL = '\ue000';

/** Words of a text in order, without digits and punctuation; letters of scripts that write without spaces stand alone. */
export function wordsOf(text: string): readonly string[] {
  return split(splitJoins(decode(text)));
}

/**
 * The words once more with digits and signs read as the letters they resemble (`f4ce`), or undefined where that changes nothing.
 * Kept apart from `wordsOf`, because digits are mostly digits.
 */
export function disguisedWordsOf(text: string): readonly string[] | undefined {
  const plain = decode(text);
  const marked = plain.replaceAll(/(?<=\p{Ll})I|l(?=\p{Lu})/gu, '1');
  const read = splitJoins(marked).replaceAll(disguised, (word) => word.replaceAll(/[^\p{L}]/gu, readSign));
  return read === splitJoins(plain) ? undefined : split(read);
}

/** All letters of a text without anything between them. */
export function lettersOf(text: string): string {
  return wordsOf(text).join('');
}

const unspaced =
  '[\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Hang}\\p{scx=Thai}\\p{scx=Laoo}\\p{scx=Khmr}\\p{scx=Mymr}]';
const word = new RegExp(`(?=\\p{L})${unspaced}|[[\\p{L}\ue000]--${unspaced}]+`, 'gv');
/** A run of letters and signs with at least one letter and one sign. */
const disguised = /[\p{L}\d@$!|€£]*(?:\p{L}[\d@$!|€£]|[\d@$!|€£]\p{L})[\p{L}\d@$!|€£]*/gu;

const signs: ReadonlyMap<string, string> = new Map([
  ['0', 'o'],
  ['1', iOrL],
  ['!', iOrL],
  ['|', iOrL],
  ['3', 'e'],
  ['€', 'e'],
  ['4', 'a'],
  ['@', 'a'],
  ['5', 's'],
  ['$', 's'],
  ['£', 'l'],
  ['6', 'g'],
  ['7', 't'],
  ['8', 'b'],
  ['9', 'g'],
]);

function readSign(sign: string): string {
  return signs.get(sign) ?? sign;
}

/** Letters that look like Latin ones, in pairs: the look-alike and what it is taken for. Small letters only. */
const lookAlikePairs = [
  // Cyrillic, small letters and those whose capital is the look-alike.
  'аa вb сc еe ԁd гr һh нh іi јj кk ӏl мm оo рp ԛq ѕs тt',
  'уy ѵv ԝw хx ґr ԍg',
  // Greek, likewise.
  'αa βb εe ζz ηh ιi κk μm νn οo ρp σo ςo τt υy χx ωw γy',
  // Latin letters with strokes, turned or small capitals, and Armenian look-alikes.
  'ıi łl øo đd ðd ħh ŧt ɑa ɡg ɩi ɪi ƒf ǝe əe ɛe ɔo ɨi ʟl',
  'ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ᴊj ᴋk ᴍm ɴn ᴏo ᴘp ʀr ꜱs ᴛt ᴜu',
  'ᴠv ᴡw ʏy ᴢz օo սu ցg հh ոn զq',
  // Arabic and Persian spellings of one letter.
  'ىي یي کك ةه',
].join(' ');
const lookAlikes: ReadonlyMap<string, string> = new Map(
  lookAlikePairs.split(' ').map((pair): readonly [string, string] => [pair.slice(0, 1), pair.slice(1)]),
);
const lookAlike = new RegExp(`[${[...lookAlikes.keys()].join('')}]`, 'gu');

/** Emoji that are letters in a box or circle; Unicode gives these no decomposition. First code point of each run of 26. */
const boxedLetters = [0x1f1e6, 0x1f150, 0x1f170] as const;

function decode(text: string): string {
  let plain = text;
  // Three rounds, because encoding an encoded text again is the first thing to try.
  for (let round = 0; round < 3 && plain.includes('%'); round += 1) {
    plain = plain.replaceAll(/(?:%[\dA-Fa-f]{2})+/gu, decodePercent);
  }
  plain = plain.replaceAll(/&#(?:x([\dA-Fa-f]{1,6})|(\d{1,7}));?/gu, decodeEntity);
  plain = plain.replaceAll(/[\u{1f150}-\u{1f189}\u{1f1e6}-\u{1f1ff}]/gu, unbox);
  return plain
    .normalize('NFKD')
    .replaceAll(/[\p{M}\p{Cf}\p{Default_Ignorable_Code_Point}\u0640\ue000]/gu, '')
    .normalize('NFC');
}

function decodePercent(encoded: string): string {
  // Bytes that are not UTF-8 become U+FFFD, which is no letter.
  return Buffer.from(encoded.replaceAll('%', ''), 'hex').toString('utf8');
}

function decodeEntity(entity: string, hexadecimal: string | undefined, decimal: string | undefined): string {
  const point = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16);
  return point <= 0x10ffff ? String.fromCodePoint(point) : entity;
}

function unbox(boxed: string): string {
  const point = boxed.codePointAt(0) ?? 0;
  const first = boxedLetters.find((start) => point >= start && point < start + 26);
  return first === undefined ? boxed : String.fromCodePoint(0x61 + point - first);
}

/** A space where camelCase begins a new word, and between an abbreviation and the word behind it. */
function splitJoins(text: string): string {
  return text.replaceAll(/(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, ' ');
}

function split(text: string): readonly string[] {
  const plain = text
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('æ', 'ae')
    .replaceAll('œ', 'oe')
    .replaceAll(lookAlike, (letter) => lookAlikes.get(letter) ?? letter);
  return plain.match(word) ?? [];
}
