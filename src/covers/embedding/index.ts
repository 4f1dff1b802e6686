// Embeddings of pictures, made without weights that were learned.
export { EMBEDDING_LENGTH } from './embedding.js';
export { embedPicture } from './embed-picture.js';
