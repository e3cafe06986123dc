/** One who owes acknowledgements. */
export interface AckDebtor {
  /** Sends what may leave. True while more is owed. */
  releaseAcks(durableSequence: number): boolean;
  /** The log failed: what is owed can never be sent. */
  failAcks(): void;
}

/** Those who owe acknowledgements, so that a durable batch touches them and nobody else. A debtor is added once. */
export class AckQueue {
  #debtors: AckDebtor[] = [];

  get size(): number {
    return this.#debtors.length;
  }

  add(debtor: AckDebtor): void {
    this.#debtors.push(debtor);
  }

  release(durableSequence: number): void {
    let kept = 0;
    // Debtors who are added meanwhile stand behind the others and are visited too.
    for (let index = 0; index < this.#debtors.length; index++) {
      const debtor = this.#debtors[index];
      if (debtor?.releaseAcks(durableSequence) === true) this.#debtors[kept++] = debtor;
    }
    this.#debtors.length = kept;
  }

  fail(): void {
    const debtors = this.#debtors;
    this.#debtors = [];
    for (const debtor of debtors) debtor.failAcks();
  }
}
