// What the figures of the ingest report mean, in words.
import type { ConsumerPosition, IngestReport } from '@belfry/contract';

/** Readings a second, over the last `seconds` whole seconds. */
export function recentRate(perSecond: readonly number[], seconds = 10): number {
  // The last entry is the second that is still going on.
  const recent = perSecond.slice(-seconds - 1, -1);
  return recent.length === 0 ? 0 : recent.reduce((sum, count) => sum + count, 0) / recent.length;
}

export interface ConsumerWords {
  readonly kind: 'well' | 'behind' | 'trouble';
  readonly words: string;
}

/** Ten seconds of the present rate, and never less than a thousand records, is a lag that work in batches explains. */
export function consumerWords(consumer: ConsumerPosition, rate: number): ConsumerWords {
  if (consumer.trouble !== null) return { kind: 'trouble', words: consumer.trouble };
  if (consumer.lag <= Math.max(1_000, rate * 10)) return { kind: 'well', words: 'keeps up' };
  return { kind: 'behind', words: 'behind, catching up' };
}

/** What stops or slows the taking of readings; empty when nothing does. */
export function ingestTroubles(report: IngestReport): readonly string[] {
  const troubles: string[] = [];
  if (report.log.trouble !== null)
    troubles.push(`The log cannot be written, so nothing is acknowledged: ${report.log.trouble}`);
  if (report.pressed) {
    troubles.push(
      'Listeners have stopped reading, because a consumer is too far behind. Devices wait or are answered 503; nothing acknowledged is lost.',
    );
  }
  for (const consumer of report.consumers) {
    if (consumer.trouble !== null) troubles.push(`${consumer.name}: ${consumer.trouble}`);
  }
  return troubles;
}
