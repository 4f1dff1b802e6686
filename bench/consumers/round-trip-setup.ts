// What every side of the round trip encodes with.

/** x264 at its quickest, so that the way through JavaScript and not the encoder decides. */
export const X264 = { preset: 'ultrafast' } as const;
/** The same for an ffmpeg command. */
export const X264_ARGS = ['-c:v', 'libx264', '-preset', X264.preset] as const;
