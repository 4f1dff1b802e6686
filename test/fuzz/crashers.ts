// Clips that once ended a worker, or made it hang: each is made again by its recipe, and must do no harm for ever.
import type { Recipe } from '../support/mutated.js';

/** The recipes. */
export const CRASHERS: readonly Recipe[] = [];
