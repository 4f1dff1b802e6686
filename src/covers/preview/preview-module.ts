// Where the preview job is.
import { jobModule, type JobModule } from '../../workers/index.js';

/** The preview job. */
export const PREVIEW_JOB: JobModule = {
  native: jobModule(import.meta.url, './preview-job.js'),
  spawned: jobModule(import.meta.url, '../spawned/native-only-job.js'),
};
