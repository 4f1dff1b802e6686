// Makes a preview in a worker, and finds the hardware that it may use.
import { hardwareDesk, type ProcessCommand, type ProcessEvent } from '../../frames/index.js';
import type { MediaInput } from '../../sources/index.js';
import { runJob } from '../../workers/index.js';
import { DEFAULT_USAGE } from '../cover-options.js';
import type { InputUser } from '../input-user.js';
import { PREVIEW_JOB } from './preview-module.js';
import { checkPreview, PREVIEW_TIMEOUT, type PreviewOptions } from './preview-options.js';
import type { Preview } from './preview.js';

/** Makes the preview of an input. */
export async function makePreview(user: InputUser, input: MediaInput, options: PreviewOptions): Promise<Preview> {
  const params = checkPreview(options);
  const timed = { ...options, timeout: options.timeout ?? PREVIEW_TIMEOUT };
  return user.use(input, timed, 'Making a preview', async (source, call) => {
    const hardware = hardwareDesk().admit();
    try {
      const { result } = await runJob<Preview>(user.pool, source, {
        module: PREVIEW_JOB.native,
        params,
        usage: { ownBytes: DEFAULT_USAGE.ownBytes },
        options: call,
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
  });
}
