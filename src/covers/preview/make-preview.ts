// Makes a preview in a worker, and finds the hardware that it may use.
import { hardwareDesk, type ProcessCommand, type ProcessEvent } from '../../frames/index.js';
import { resolveSource, type MediaInput } from '../../sources/index.js';
import { runJob, type WorkerPool } from '../../workers/index.js';
import { PREVIEW_JOB } from './preview-module.js';
import { checkPreview, type PreviewOptions } from './preview-options.js';
import type { Preview } from './preview.js';

/** Makes the preview of an input. */
export async function makePreview(pool: WorkerPool, input: MediaInput, options: PreviewOptions): Promise<Preview> {
  const params = checkPreview(options);
  const source = await resolveSource(input, options);
  const hardware = hardwareDesk().admit();
  try {
    const { result } = await runJob<Preview>(pool, source, {
      module: PREVIEW_JOB.native,
      params,
      options,
      what: `Making a preview of ${source.spec.name}`,
      onEvent: (payload, answer) => {
        const event = payload as ProcessEvent;
        if (event.kind !== 'hardware') return;
        void hardware.answer(event.ask).then((found) => {
          answer({ kind: 'hardware', answer: found } satisfies ProcessCommand);
        });
      },
    });
    return result;
  } finally {
    hardware.leave();
  }
}
