// The tone curve: how light that SDR cannot show is brought into its range, and all other light stays what it is.
import { PQ_PEAK, pqLight, pqSignal, WHITE } from './transfer.js';

/**
 * The EETF of ITU-R BT.2390: below its knee light stays the same, above it a Hermite spline leads to the brightest light of
 * the target. Here that is the white of SDR, 203 cd/m² (ITU-R BT.2408), and black is 0 on both sides. Of a picture that
 * reaches 1000 cd/m² everything up to 88 stays; paper white, 203, becomes 159, of which sRGB makes 229 of 255; what is
 * brighter has the rest.
 * @param light - in cd/m²
 * @param peak - the brightest light of the picture, in cd/m²; up to 203 nothing changes
 * @returns cd/m², 203 at most
 */
export function toneMapped(light: number, peak: number): number {
  const source = pqSignal(Math.min(PQ_PEAK, Math.max(WHITE, peak)));
  const brightest = pqSignal(WHITE) / source;
  const knee = 1.5 * brightest - 0.5;
  const signal = Math.min(1, pqSignal(light) / source);
  if (signal <= knee || knee >= 1) return Math.min(light, WHITE);
  const t = (signal - knee) / (1 - knee);
  const [t2, t3] = [t ** 2, t ** 3];
  const bent = (2 * t3 - 3 * t2 + 1) * knee + (t3 - 2 * t2 + t) * (1 - knee) + (-2 * t3 + 3 * t2) * brightest;
  return Math.min(WHITE, pqLight(bent * source));
}
