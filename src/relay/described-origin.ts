// Metadata for streams whose protocol has none, as RTSP and transport streams do: servers of RTMP and players ask for it.
import { describePictures, describeSound, type PictureFacts, type SoundFacts } from './elementary/describe.js';
import { audioKind, KIND, TAG, videoKind } from './flv/tag.js';
import { describedMetadata, metadataTag } from './metadata.js';
import type { OriginHandlers, OriginSource } from './origin.js';

/** The same origin, which tells metadata ahead of its first media, and again when its sequence headers say something else. */
export function described(source: OriginSource): OriginSource {
  return {
    ...source,
    open: (handlers, options) => source.open({ ...handlers, onTag: describedTags(handlers.onTag) }, options),
  };
}

/** The same for the tags of one connection. */
export function describedTags(onTag: OriginHandlers['onTag']): OriginHandlers['onTag'] {
  let pictures: PictureFacts | undefined;
  let sound: SoundFacts | undefined;
  let changed = false;
  return (type, timestamp, payload) => {
    const kind = type === TAG.video ? videoKind(payload) : type === TAG.audio ? audioKind(payload) : 0;
    if ((kind & KIND.header) !== 0) {
      if (type === TAG.video) pictures = describePictures(payload) ?? pictures;
      else sound = describeSound(payload) ?? sound;
      changed = pictures !== undefined || sound !== undefined;
    } else if (changed && (kind & KIND.media) !== 0) {
      changed = false;
      onTag(TAG.data, timestamp, metadataTag(describedMetadata(pictures, sound)));
    }
    onTag(type, timestamp, payload);
  };
}
