// Bytes as a network delivers them: cut anywhere.
import fc from 'fast-check';

/** Sizes of pieces, in turns; mostly small ones, since the cuts within headers are the interesting ones. */
export const pieceSizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3000 })), {
  minLength: 1,
  maxLength: 12,
});

/** Gives bytes piece by piece, each in memory that is overwritten once it was taken. */
export function inPieces(bytes: Buffer, sizes: readonly number[], take: (piece: Buffer) => void): void {
  let turn = 0;
  for (let at = 0; at < bytes.byteLength;) {
    const size = sizes[turn++ % sizes.length] ?? 1;
    const piece = Buffer.from(bytes.subarray(at, at + size));
    take(piece);
    piece.fill(0xee);
    at += size;
  }
}

/** The code of the FramerailError that something throws, undefined when it throws nothing; other errors pass. */
export function thrownCode(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.name === 'FramerailError') return String(error.code);
    throw error;
  }
}
