// Covers of everything that an operator names, into one folder: found, planned, compared with what is there, made, published
// and remembered. Each step is ahead of the next one by some covers at most, so memory does not grow with their number.
import { resolve } from 'node:path';
import {
  checkOptions,
  checkSwitch,
  type FramerailError,
  isFramerailError,
  optionNames,
  toFramerailError,
} from '../../../base/index.js';
import type { CoverBatchItem, CoverBatchOptions, CoverBatchResult } from '../batch.js';
import type { CoverSetOptions } from '../../cover-options.js';
import { withoutSecrets } from '../../../sources/index.js';
import { checkNameTemplate } from '../names/cover-names.js';
import { ReportWriter } from '../report/report.js';
import { openSource, type BatchSource, type Found, type Manifest } from '../rows/sources.js';
import { rowError } from '../rows/trouble.js';
import { LiveRules } from '../rules/live-rules.js';
import { UsualColumns } from '../rules/usual-columns.js';
import type { BatchState, CoverRecord, SourceVersion } from '../state/batch-state.js';
import { WorkFolder } from '../state/work-folder.js';
import { mapWindowed } from '../windowed.js';
import type { BatchHandlers, BatchProgress, BatchSummary, CoverOrigin } from './events.js';
import { LineFile } from './line-file.js';
import { Planner, type CoverPlan } from './plan.js';
import { Publisher } from './publisher.js';
import { BatchTally } from './tally.js';
import { Versions } from './versions.js';

/** How a folder of covers is made. */
export interface FolderBatchOptions {
  /** The folder; what is remembered of the covers is in `.framerail` within it. */
  readonly out: string;
  /** What is wanted of each video. @defaultValue as for `makeAll()` */
  readonly options?: CoverSetOptions | undefined;
  /** Videos that are at work at a time. @defaultValue as many as there are workers */
  readonly concurrency?: number | undefined;
  /** Whether covers are made that are there already. @defaultValue false */
  readonly force?: boolean | undefined;
  /** A file that says which column of a manifest is what. @defaultValue columns are known by their names */
  readonly rules?: string | undefined;
  /** Folders that paths in manifests may lead to. @defaultValue the folder of each manifest */
  readonly roots?: readonly string[] | undefined;
  /**
   * What covers are called, without an ending: `{name}`, `{dir}`, `{stem}`, `{id}`, `{hash}`, `{w}`, `{h}` and `{n}` have
   * places in it. @defaultValue '{name}', and sizes and numbers where a video has several
   */
  readonly name?: string | undefined;
  /**
   * Where a page is written that shows what was made and what failed, with pictures; it is one file. @defaultValue none
   */
  readonly report?: string | undefined;
  /** Stops the batch: what is finished is kept, and it can go on later. @defaultValue none */
  readonly signal?: AbortSignal | undefined;
}

const FOLDER_NAMES = optionNames<FolderBatchOptions>({
  out: true,
  options: true,
  concurrency: true,
  force: true,
  rules: true,
  roots: true,
  name: true,
  report: true,
  signal: true,
});

/** Who makes covers of a sequence of videos: `covers.batch()`. */
export interface BatchMaker {
  batch<Item extends CoverBatchItem>(
    items: AsyncIterable<Item>,
    options: CoverBatchOptions,
  ): AsyncGenerator<CoverBatchResult<Item>, void, undefined>;
}

/** A cover that has to be made. */
interface Todo extends CoverBatchItem {
  readonly plan: CoverPlan;
  readonly version: SourceVersion | undefined;
}

type Verdict =
  | { readonly kind: 'make'; readonly todo: Todo }
  | { readonly kind: 'keep'; readonly plan: CoverPlan; readonly record: CoverRecord }
  | { readonly kind: 'fail'; readonly plan: CoverPlan; readonly error: FramerailError };

/** Sources that are looked at beside each other: mostly waiting for file systems and servers. */
const LOOKS = 16;
/** Covers that are brought to their places beside each other. */
const PUBLISHED_AT_ONCE = 8;

/** One run over a folder of covers. */
export class FolderBatch {
  readonly #maker: BatchMaker;
  readonly #sources: readonly BatchSource[];
  readonly #options: FolderBatchOptions;
  readonly #handlers: BatchHandlers;
  readonly #work: WorkFolder;
  /** By its contract: another store may have to be waited for. */
  readonly #state: BatchState;
  readonly #planner: Planner;
  readonly #versions: Versions;
  readonly #publisher: Publisher;
  readonly #failures: LineFile;
  readonly #report: ReportWriter | undefined;
  readonly #tally = new BatchTally();
  readonly #stop = new AbortController();
  readonly #columns: LiveRules | UsualColumns;

  private constructor(
    parts: { readonly maker: BatchMaker; readonly sources: readonly BatchSource[]; readonly work: WorkFolder },
    planner: Planner,
    columns: LiveRules | UsualColumns,
    options: FolderBatchOptions,
    handlers: BatchHandlers,
  ) {
    const { out, temporary, failures } = parts.work;
    [this.#maker, this.#sources, this.#work] = [parts.maker, parts.sources, parts.work];
    [this.#planner, this.#columns, this.#options, this.#handlers] = [planner, columns, options, handlers];
    this.#state = parts.work.state;
    this.#versions = new Versions(out, this.#stop.signal);
    this.#publisher = new Publisher(out, temporary);
    this.#failures = new LineFile(failures);
    this.#report = options.report === undefined ? undefined : new ReportWriter(options.report, out, temporary);
  }

  /**
   * Opens what is named, and the folder; `run()` must follow. Rejects with FR_ARG_INVALID, FR_INPUT_*,
   * FR_MANIFEST_INVALID, FR_BATCH_*, FR_ENGINE_LOAD or FR_OUTPUT_FAILED.
   * @param inputs - folders, patterns, videos, addresses and manifests; `-` for JSON lines on standard input
   */
  static async open(
    maker: BatchMaker,
    inputs: readonly string[],
    options: FolderBatchOptions,
    handlers: BatchHandlers = {},
  ): Promise<FolderBatch> {
    checkOptions(options, FOLDER_NAMES);
    const { out, rules, options: wanted = {}, name = '{name}' } = options;
    checkSwitch('force', options.force, false);
    checkNameTemplate('name', name);
    // Before anything is touched.
    const roots = options.roots?.map((root) => resolve(root));
    const terms = { options: wanted, nameTemplate: name, roots };
    void new Planner({ ...terms, out });
    const sources = await Promise.all(inputs.map((input) => openSource(input)));
    const columns =
      rules === undefined ? new UsualColumns() : await LiveRules.open(rules, (note) => handlers.onNote?.(note));
    let work: WorkFolder | undefined;
    try {
      work = await WorkFolder.open(out);
      const planner = new Planner({ ...terms, out: work.out });
      return new FolderBatch({ maker, sources, work }, planner, columns, options, handlers);
    } catch (error) {
      if (columns instanceof LiveRules) columns.close();
      await work?.close();
      throw error;
    }
  }

  /** Where failures are listed, each as a line of JSON. */
  get failuresFile(): string {
    return this.#work.failures;
  }

  /** How far it is. */
  get progress(): BatchProgress {
    return this.#tally.progress();
  }

  /** Makes all covers; rejects with what a handler throws, and with FR_BATCH_STATE or FR_OUTPUT_FAILED of its own files. */
  async run(): Promise<BatchSummary> {
    const { signal, concurrency } = this.#options;
    const onAbort = (): void => {
      this.#stop.abort(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    void this.#countAhead();
    try {
      const results = this.#maker.batch(this.#toMake(), { concurrency, window: concurrency });
      const bounds = { concurrency: PUBLISHED_AT_ONCE, window: PUBLISHED_AT_ONCE, ordered: false };
      for await (const settled of mapWindowed(results, (one) => this.#settle(one.item), bounds)) await settled();
      const summary = this.#tally.summary(this.#stop.signal.aborted);
      const title = `Covers of ${this.#sources.map(({ name }) => name).join(', ')}`;
      await this.#report?.publish(title, summary, this.#work.failures);
      return summary;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#stop.abort();
      if (this.#columns instanceof LiveRules) this.#columns.close();
      await this.#versions.close();
      this.#failures.close();
      this.#report?.close();
      await this.#work.close();
    }
  }

  /** Folders say how many videos they have before all of them were looked at. */
  async #countAhead(): Promise<void> {
    const counts = this.#sources.map(({ count }) => count);
    if (counts.includes(undefined)) return;
    try {
      let total = 0;
      for (const count of counts) total += (await count?.(this.#stop.signal)) ?? 0;
      this.#tally.total = total;
    } catch {
      // Whoever cannot be counted fails when it is read.
    }
  }

  /** What has to be made, one after the other; what is there already, and what cannot be made, is told on the way. */
  async *#toMake(): AsyncGenerator<Todo, void, undefined> {
    const bounds = { concurrency: LOOKS, window: LOOKS, ordered: false };
    for await (const verdict of mapWindowed(this.#planned(), ({ item }) => this.#look(item), bounds)) {
      if (this.#stop.signal.aborted) return;
      if (verdict.kind === 'make') yield verdict.todo;
      else if (verdict.kind === 'fail') this.#fail(verdict.plan.origin, verdict.error);
      else {
        const kept = { ...verdict.plan.origin, files: verdict.record.files };
        this.#tally.kept();
        this.#report?.kept(kept);
        this.#handlers.onKept?.(kept);
      }
    }
  }

  /** Plans in the order of the sources: who comes first has its name. */
  async *#planned(): AsyncGenerator<{ plan: CoverPlan; record: CoverRecord | undefined }, void, undefined> {
    for (const source of this.#sources) {
      let begun = false;
      for await (const found of source.found(this.#stop.signal)) {
        if (this.#stop.signal.aborted) return;
        if (!begun && found.kind === 'row') {
          begun = true;
          if (!this.#mayUse(found.manifest, found.row.columns ?? [])) break;
        }
        this.#tally.read(found.kind === 'row' ? found.row.share : undefined, found.kind !== 'row');
        try {
          const plan = this.#planOf(found);
          if (plan === undefined) {
            this.#tally.passed();
            continue;
          }
          const claimed = await this.#claim(plan);
          if (claimed !== undefined) yield claimed;
        } catch (error) {
          if (!isFramerailError(error) || error.code === 'FR_BATCH_STATE') throw error;
          this.#fail(originOf(found), error);
        }
      }
      this.#tally.sourceEnded();
    }
  }

  /** Tells once what is amiss with the columns of a table; false where it is of no use. */
  #mayUse({ name }: Manifest, columns: readonly string[]): boolean {
    if (columns.length === 0) return true;
    const { error, notes } = this.#columns.remarks(name, columns);
    for (const note of notes) this.#handlers.onNote?.(note);
    if (error !== undefined) this.#fail(originOf({ kind: 'broken', name, line: 0, error }), error);
    return error === undefined;
  }

  #planOf(found: Found): CoverPlan | undefined {
    if (found.kind === 'broken') throw found.error;
    if (found.kind !== 'row') return this.#planner.planFound(found);
    const { manifest, row } = found;
    const wish =
      this.#columns instanceof LiveRules
        ? this.#columns.wishOf(row.values, row.line)
        : this.#columns.wishOf(row.values);
    return wish === undefined ? undefined : this.#planner.planRow(manifest, row.line, wish);
  }

  /** Gives a plan its names; undefined for a file that was named twice. Rejects with FR_MANIFEST_ROW for such a row. */
  async #claim(plan: CoverPlan): Promise<{ plan: CoverPlan; record: CoverRecord | undefined } | undefined> {
    const { id, names, otherNames, named, origin } = plan;
    const claimed = await this.#state.claim({
      ...{ id, names: names.all, otherNames: otherNames.all, named, line: origin.line ?? 0 },
    });
    if (claimed.kind === 'own')
      return { plan: claimed.other ? { ...plan, names: otherNames } : plan, record: claimed.record };
    if (origin.line !== null) {
      const where = claimed.line === 0 ? 'what was named beside the manifest' : `line ${String(claimed.line)}`;
      throw rowError(`It asks for the same as ${where}.`);
    }
    this.#tally.passed();
    return undefined;
  }

  async #look({ plan, record }: { plan: CoverPlan; record: CoverRecord | undefined }): Promise<Verdict> {
    try {
      const version = await this.#versions.ofSource(plan);
      const keeps = record !== undefined && this.#options.force !== true;
      if (keeps && (await this.#versions.isCurrent(plan, record, version))) return { kind: 'keep', plan, record };
      const options = { ...plan.options, signal: this.#stop.signal };
      return { kind: 'make', todo: { input: plan.input, options, plan, version } };
    } catch (error) {
      return { kind: 'fail', plan, error: toFramerailError(error) };
    }
  }

  /** Publishes a result and remembers it; gives what is left to be told of it. */
  async #settle(result: CoverBatchResult<Todo>): Promise<() => void | Promise<void>> {
    const { plan, version } = result.item;
    if (!result.ok) {
      const stopped = this.#stop.signal.aborted && result.error.code === 'FR_ABORTED';
      return () => {
        if (!stopped) this.#fail(plan.origin, result.error);
      };
    }
    const { covers, queueMs, runMs } = result;
    try {
      const files = await this.#publisher.publish(covers.images, plan.names);
      const { receipt } = covers;
      const read = version ?? { size: receipt?.size ?? 0, mark: receipt?.etag ?? null };
      await this.#state.keep(plan.id, { version: read, print: plan.print, files });
      return () => {
        const made = { ...plan.origin, files, covers, queueMs, runMs };
        this.#tally.made(made);
        this.#report?.made(made);
        return this.#handlers.onMade?.(made);
      };
    } catch (cause) {
      const error = toFramerailError(cause);
      return () => {
        if (error.code === 'FR_BATCH_STATE') throw error;
        this.#fail(plan.origin, error);
      };
    }
  }

  #fail(origin: CoverOrigin, { code, message, details }: FramerailError): void {
    const { line, manifest } = origin;
    const sentence = line === null || line === 0 ? message : `${manifest ?? ''}:${String(line)}: ${message}`;
    const failed = { ...origin, code, message: sentence, details };
    this.#tally.failed(failed);
    this.#failures.add(JSON.stringify(failed));
    this.#report?.failed(failed);
    this.#handlers.onFailed?.(failed);
  }
}

/** Where what was found comes from, for what is wrong with it. */
function originOf(found: Found): CoverOrigin {
  if (found.kind === 'file') return { source: found.path, manifest: null, line: null, id: null };
  if (found.kind === 'address') return { source: withoutSecrets(found.address), manifest: null, line: null, id: null };
  const [name, line] = found.kind === 'row' ? [found.manifest.name, found.row.line] : [found.name, found.line];
  return { source: name, manifest: name, line, id: null };
}
