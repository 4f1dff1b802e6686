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

/** The Levenshtein distance; 1 for a word that contains the other. */
function distanceTo(word: string, candidate: string): number {
  if (word.length >= 3 && (candidate.includes(word) || word.includes(candidate))) return 1;
  let row = Array.from({ length: candidate.length + 1 }, (_, i) => i);
  for (let i = 1; i <= word.length; i++) {
    const next = [i];
    for (let j = 1; j <= candidate.length; j++) {
      const change = (row[j - 1] ?? 0) + (word[i - 1] === candidate[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[candidate.length] ?? 0;
}
