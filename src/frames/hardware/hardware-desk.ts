// Where jobs get hardware: it knows what works here, and counts the sessions of all worker processes together.
import {
  allBackends,
  backendOf,
  SessionBudget,
  wishedBackends,
  type Backend,
  type BackendName,
  type BudgetState,
  type EncoderAttempt,
  type HardwareAnswer,
  type HardwareAsk,
  type Permit,
} from '../../hardware/index.js';
import { testBackend, type BackendVerdicts } from './hardware-tests.js';

/** Milliseconds after which a test that found no session left is worth another try. */
const RETRY_AFTER = 30_000;

/** Verdicts and budgets of one process; drivers are shared by all of its engines. */
export class HardwareDesk {
  readonly #verdicts = new Map<BackendName, { readonly verdicts: Promise<BackendVerdicts>; until: number }>();
  readonly #budgets = new Map<BackendName, SessionBudget>();

  /** What works of a backend; tried once, and again after a while where it had no session left for the test. */
  verdicts(backend: Backend): Promise<BackendVerdicts> {
    const known = this.#verdicts.get(backend.name);
    if (known !== undefined && performance.now() < known.until) return known.verdicts;
    const entry = { verdicts: testBackend(backend), until: Number.POSITIVE_INFINITY };
    this.#verdicts.set(backend.name, entry);
    void entry.verdicts.then((verdicts) => {
      if ([...verdicts.values()].some(({ exhausted }) => exhausted)) entry.until = performance.now() + RETRY_AFTER;
    });
    return entry.verdicts;
  }

  /** The sessions of a backend. */
  budget(backend: BackendName): SessionBudget {
    let budget = this.#budgets.get(backend);
    if (budget === undefined) {
      budget = new SessionBudget();
      this.#budgets.set(backend, budget);
    }
    return budget;
  }

  /** The budgets that were needed so far. */
  get budgets(): Readonly<Partial<Record<BackendName, BudgetState>>> {
    return Object.fromEntries([...this.#budgets].map(([name, budget]) => [name, budget.state]));
  }

  /** A customer for one job. */
  admit(): HardwareCustomer {
    return new HardwareCustomer(this);
  }
}

/** What one job asks of the desk, and what it holds. */
export class HardwareCustomer {
  readonly #desk: HardwareDesk;
  /** Encoders that this job has heard of already. */
  readonly #told = new Set<string>();
  #permit: Permit | undefined;
  #ended = false;

  /** @internal */
  constructor(desk: HardwareDesk) {
    this.#desk = desk;
  }

  /** Offers the first backend that works, that has a session left, and that was not tried by this job before. */
  async answer({ wish, codec, failed }: HardwareAsk): Promise<HardwareAnswer> {
    if (failed?.exhausted === true) this.#permit?.refused();
    this.#permit?.release();
    this.#permit = undefined;
    const attempts: EncoderAttempt[] = [];
    for (const backend of wishedBackends(wish)) {
      const name = backend.encoders[codec];
      if (name === undefined || this.#told.has(name)) continue;
      this.#told.add(name);
      const verdict = (await this.#desk.verdicts(backend)).get(name);
      if (verdict?.ok !== true) {
        attempts.push({ name, reason: verdict?.reason ?? 'It was never tried.' });
        continue;
      }
      const budget = this.#desk.budget(backend.name);
      // A job that ended while it was waited for needs none.
      const permit = this.#ended ? undefined : budget.take();
      if (permit === undefined) {
        attempts.push({ name, reason: `All ${String(budget.state.limit)} sessions of ${backend.name} are in use.` });
        continue;
      }
      this.#permit = permit;
      return { offer: { name, backend: backend.name }, attempts };
    }
    return { offer: undefined, attempts };
  }

  /** The encoder that runs now: software needs no session. */
  runs(backend: BackendName | 'software'): void {
    if (backend === 'software') this.#permit?.release();
    else this.#desk.budget(backend).worked();
  }

  /** The job is over, however it ended. */
  leave(): void {
    this.#ended = true;
    this.#permit?.release();
  }
}

let shared: HardwareDesk | undefined;

/** The desk of this process. */
export function hardwareDesk(): HardwareDesk {
  shared ??= new HardwareDesk();
  return shared;
}

/** What is known of one encoder, for a report. */
export interface EncoderFinding {
  /** The kind of hardware. */
  readonly backend: BackendName;
  /** What was tried. */
  readonly kind: 'encode' | 'decode';
  /** FFmpeg's name of the codec. */
  readonly codec: string;
  /** FFmpeg's name of the encoder, or the backend's of decoding. */
  readonly name: string;
  /** Whether it works here. */
  readonly ok: boolean;
  /** Why it does not work; undefined when it does. */
  readonly reason: string | undefined;
  /** Milliseconds that the test took; 0 where a look at device nodes was enough. */
  readonly elapsed: number;
}

/**
 * Tries every hardware encoder and decoder of this machine in worker processes of their own; what was tried before is not
 * tried again.
 */
export async function surveyHardware(): Promise<EncoderFinding[]> {
  const desk = hardwareDesk();
  const surveys = allBackends().map(async (backend) =>
    [...(await desk.verdicts(backend))].map(([name, verdict]): EncoderFinding => {
      const { ok, reason, elapsed } = verdict;
      const codec = backendOf(name)?.codec;
      const [decoding = name, decoded = ''] = name.split(' ');
      return codec === undefined
        ? { backend: backend.name, kind: 'decode', codec: decoded, name: decoding, ok, reason, elapsed }
        : { backend: backend.name, kind: 'encode', codec, name, ok, reason, elapsed };
    }),
  );
  return (await Promise.all(surveys)).flat();
}
