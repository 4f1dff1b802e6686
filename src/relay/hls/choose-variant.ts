// Which streams of a multivariant playlist are relayed.
import type { MultivariantPlaylist, Rendition, Variant } from './playlist.js';

/** One choice. */
export interface Choice {
  readonly variant: Variant;
  /** Sound that lies beside the variant. */
  readonly audio: Rendition | undefined;
  /** What the playlist says that there is; undefined where it says nothing. */
  readonly hints: { readonly audio: boolean | undefined; readonly video: boolean | undefined };
}

/** Codecs of pictures and sound that tags carry, by the beginnings of their names (RFC 6381). */
const VIDEO = /^(avc[1-4]|hvc1|hev1|dvh1|dvhe|dva1|dvav|av01|vp09)\b/i;
const AUDIO = /^(mp4a|mp3|opus|flac|ac-3|ec-3)\b/i;
/** Those that nothing is known of, or that tags do not carry. */
const FOREIGN_VIDEO = /^(vvc1|vvi1|vp08|mp4v|evc1)\b/i;

/** The variants in the order in which they are tried: what can be carried first, then pictures, then bits a second. */
export function choices({ variants, renditions }: MultivariantPlaylist): Choice[] {
  return [...variants]
    .map((variant, at) => ({ variant, at, rank: rankOf(variant) }))
    .sort((a, b) => b.rank - a.rank || b.variant.bandwidth - a.variant.bandwidth || a.at - b.at)
    .map(({ variant }) => {
      const group = renditions.filter(({ type, group: name }) => type === 'AUDIO' && name === variant.audio);
      const audio = group.find(({ byDefault }) => byDefault) ?? group.find(({ autoselect }) => autoselect) ?? group[0];
      return { variant, audio, hints: hintsOf(variant, audio) };
    });
}

function rankOf({ codecs, resolution }: Variant): number {
  if (codecs.some((codec) => FOREIGN_VIDEO.test(codec))) return 0;
  if (codecs.some((codec) => VIDEO.test(codec)) || resolution !== undefined || codecs.length === 0) return 2;
  return 1;
}

function hintsOf({ codecs, resolution }: Variant, audio: Rendition | undefined): Choice['hints'] {
  const silent = codecs.length > 0 && audio === undefined && !codecs.some((codec) => AUDIO.test(codec));
  const seen = resolution !== undefined || codecs.some((codec) => VIDEO.test(codec));
  return {
    audio: codecs.length === 0 && audio === undefined ? undefined : !silent,
    video: codecs.length === 0 && !seen ? undefined : seen,
  };
}
