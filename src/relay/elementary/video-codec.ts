// What H.264 and HEVC have in common for a relay.

/** What a sequence parameter set says. */
export interface VideoParameters {
  /** Columns and rows that are shown. */
  readonly size: readonly [number, number];
  /** Frames a second, where it says so. */
  readonly frameRate: number | undefined;
  /** How many pictures may come ahead of one that is shown earlier; undefined where it does not say. */
  readonly reorder: number | undefined;
}

/** A codec whose pictures are NAL units. */
export interface NalCodec {
  /** What a NAL unit is for. */
  role(nal: Uint8Array): 'parameters' | 'delimiter' | 'picture' | 'other';
  /** The kind and number of a parameter set; undefined for a broken one. */
  setName(nal: Uint8Array): string | undefined;
  /** Whether decoding can begin with this access unit. */
  isKeyframe(nals: readonly Uint8Array[]): boolean;
  /** Whether a NAL unit is the first slice of a picture. */
  beginsPicture(nal: Uint8Array): boolean;
  /** What the sequence parameter set among these says. */
  parameters(sets: readonly Uint8Array[]): VideoParameters | undefined;
  /** The record that decoders are set up with; undefined while a set is missing. */
  record(sets: readonly Uint8Array[]): Buffer | undefined;
  /** The sets of such a record, and how many bytes its lengths have; undefined for a broken one. */
  readRecord(record: Uint8Array): { readonly sets: Uint8Array[]; readonly lengthBytes: number } | undefined;
}
