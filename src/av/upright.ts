// Crops and turns pictures with FFmpeg's filters; the graph is kept while the geometry stays.
import { AV_BUFFERSRC_FLAG_KEEP_REF } from './constants.js';
import { Filter, FilterGraph, type FilterContext } from 'node-av/lib';
import { invariant } from '../base/index.js';
import { turnFilters, type Turn } from '../pixels/index.js';
import { check } from './averror.js';
import { nativeFrame, type Picture } from './picture.js';

/** Applies one turn to pictures of one geometry after another. */
export class Turner {
  readonly #filters: string;
  #graph: FilterGraph | undefined;
  #source: FilterContext | undefined;
  #sink: FilterContext | undefined;
  #key = '';

  constructor(turn: Turn) {
    this.#filters = turnFilters(turn);
  }

  /** Fills `target` with the turned `source`; the source stays as it was. */
  turn(source: Picture, target: Picture): void {
    const key = `${source.format} ${String(source.width)}x${String(source.height)}`;
    if (key !== this.#key) this.#configure(source, key);
    invariant(this.#source && this.#sink, 'a configured filter graph');
    target.clear();
    check(
      this.#source.buffersrcAddFrameSync(nativeFrame(source), AV_BUFFERSRC_FLAG_KEEP_REF),
      'FR_CONVERT_FAILED',
      'A picture could not be turned',
    );
    check(this.#sink.buffersinkGetFrameSync(nativeFrame(target)), 'FR_CONVERT_FAILED', 'A picture could not be turned');
  }

  #configure(source: Picture, key: string): void {
    this.#graph?.free();
    const graph = new FilterGraph();
    graph.alloc();
    graph.nbThreads = 1;
    this.#graph = graph;
    const buffer = Filter.getByName('buffer');
    const sink = Filter.getByName('buffersink');
    invariant(buffer && sink, 'buffer filters in the FFmpeg build');
    const frame = nativeFrame(source);
    const size = `${String(source.width)}x${String(source.height)}`;
    const color = `colorspace=${String(frame.colorSpace)}:range=${String(frame.colorRange)}`;
    this.#source =
      graph.createFilter(
        buffer,
        'in',
        `video_size=${size}:pix_fmt=${String(frame.format)}:time_base=1/1000000:pixel_aspect=1/1:${color}`,
      ) ?? undefined;
    this.#sink = graph.createFilter(sink, 'out') ?? undefined;
    invariant(this.#source && this.#sink, 'buffer filters that can be made');
    let last = this.#source;
    for (const [index, spec] of this.#filters.split(',').entries()) {
      const [name = '', args] = spec.split(/=(.*)/s);
      const filter = Filter.getByName(name);
      const next = filter && graph.createFilter(filter, `f${String(index)}`, args ?? null);
      invariant(next, `the filter ${name} in the FFmpeg build`);
      check(last.link(0, next, 0), 'FR_CONVERT_FAILED', 'A filter could not be linked');
      last = next;
    }
    check(last.link(0, this.#sink, 0), 'FR_CONVERT_FAILED', 'A filter could not be linked');
    check(graph.configSync(), 'FR_CONVERT_FAILED', `The filters ${this.#filters} could not be set up`);
    this.#key = key;
  }

  /** Frees the filters. */
  close(): void {
    this.#graph?.free();
    this.#graph = undefined;
    this.#key = '';
  }
}
