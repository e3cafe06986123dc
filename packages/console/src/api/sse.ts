// A parser of the event stream format, WHATWG HTML, section 9.2.6 "Interpreting an event stream". EventSource cannot
// send an Authorization header, so the stream is read with fetch. Lines may be cut anywhere between two pieces.

/** One dispatched event; `event` is `message` where the stream names none. */
export interface SseEvent {
  readonly event: string;
  readonly data: string;
}

export interface SseParser {
  /** Takes the next piece of decoded text and gives the events that it completes. */
  push(text: string): readonly SseEvent[];
}

/** Characters of one unfinished event; a longer one is dropped, so that a broken server cannot fill the memory. */
const eventCharsMax = 16_777_216;

export function createSseParser(): SseParser {
  let rest = '';
  let atStart = true;
  let event = '';
  let data: string[] = [];
  let chars = 0;

  function takeLine(line: string, out: SseEvent[]): void {
    if (line === '') {
      // An event without data is not dispatched.
      if (data.length > 0) out.push({ event: event === '' ? 'message' : event, data: data.join('\n') });
      event = '';
      data = [];
      chars = 0;
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return; // A comment, which servers send to keep the connection open.
    const field = colon === -1 ? line : line.slice(0, colon);
    const afterColon = colon === -1 ? '' : line.slice(colon + 1);
    const value = afterColon.startsWith(' ') ? afterColon.slice(1) : afterColon;
    chars += value.length;
    if (chars > eventCharsMax) data = [];
    else if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
  }

  return {
    push(text) {
      let input = rest + text;
      if (atStart && input.length > 0) {
        if (input.startsWith('\uFEFF')) input = input.slice(1);
        atStart = false;
      }
      const out: SseEvent[] = [];
      let from = 0;
      for (;;) {
        const end = lineEnd(input, from);
        if (end === null) break;
        takeLine(input.slice(from, end.at), out);
        from = end.next;
      }
      rest = input.slice(from);
      if (rest.length > eventCharsMax) rest = '';
      return out;
    },
  };
}

/** Where the line that begins at `from` ends (LF, CR LF or CR), and where the next begins; null if it is not complete. */
function lineEnd(input: string, from: number): { readonly at: number; readonly next: number } | null {
  for (let at = from; at < input.length; at++) {
    const char = input.charCodeAt(at);
    if (char === 10) return { at, next: at + 1 };
    if (char !== 13) continue;
    // A CR at the very end may be the first half of CR LF: wait for what follows.
    if (at + 1 === input.length) return null;
    return { at, next: input.charCodeAt(at + 1) === 10 ? at + 2 : at + 1 };
  }
  return null;
}
