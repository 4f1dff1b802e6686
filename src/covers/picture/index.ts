// Pictures as a person should see them: their colours, their light, their fields, and what shows through.
export { flatten, type FlattenWish } from './flatten.js';
export { preparePicture, type PreparedPicture, type Surroundings } from './prepare.js';
