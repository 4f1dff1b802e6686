// Tags of an input on their way into an output: all but those that stop being true.
import { Dictionary } from 'node-av/lib';

/** How long it lasts, in one language or in none. */
const DURATION = /^duration(-|$)/i;

/**
 * A copy of tags without what they say of the duration: Matroska takes it for that of the output, where it cannot come
 * back to its header.
 */
export function copiedTags(tags: Dictionary | null): Dictionary | null {
  if (tags === null) return null;
  return Dictionary.fromObject(
    Object.fromEntries(Object.entries(tags.getAll()).filter(([name]) => !DURATION.test(name))),
  );
}
