// The known words that a misspelt one may have meant.

/** Letters that may differ before a word counts as another one: a third of it, and two at least. */
const tolerance = (word: string): number => Math.max(2, Math.floor(word.length / 3));

/** Up to three known words that are near `word`, the nearest first. */
export function nearest(word: string, known: Iterable<string>): string[] {
  const lower = word.toLowerCase();
  return [...new Set(known)]
    .map((candidate) => ({ candidate, distance: distanceTo(lower, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= tolerance(word))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Beside words that differ by one letter, or by two that changed places, one that merely contains the other comes behind. */
const CONTAINS = 1.5;

/** How many letters are added, left out, replaced, or have changed places with the next one. */
function distanceTo(word: string, candidate: string): number {
  let [before, row]: [number[], number[]] = [[], Array.from({ length: candidate.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= word.length; i++) {
    const next = [i];
    for (let j = 1; j <= candidate.length; j++) {
      const change = (row[j - 1] ?? 0) + (word[i - 1] === candidate[j - 1] ? 0 : 1);
      const swapped = word[i - 1] === candidate[j - 2] && word[i - 2] === candidate[j - 1];
      const swap = i > 1 && j > 1 && swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(change, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [before, row] = [row, next];
  }
  const distance = row[candidate.length] ?? 0;
  const contains = word.length >= 3 && (candidate.includes(word) || word.includes(candidate));
  return contains ? Math.min(distance, CONTAINS) : distance;
}
