// From the colours of ITU-R BT.2020 to those of BT.709 and sRGB.

/** Linear RGB of BT.2020 to that of BT.709, by rows (ITU-R BT.2407, section 2; the inverse of the matrix of BT.2087). */
export const WIDE_TO_709 = [
  1.660491, -0.587641, -0.07285, -0.12455, 1.1329, -0.008349, -0.018151, -0.100579, 1.11873,
] as const;

/** What leaves colours as they are. */
export const SAME_COLORS = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;

/** Weights of red, green and blue in the luminance of BT.2020. */
export const LUMINANCE_2020 = [0.2627, 0.678, 0.0593] as const;

/** Weights of red, green and blue in the luminance of BT.709. */
export const LUMINANCE_709 = [0.2126, 0.7152, 0.0722] as const;
