// Which addresses are read over HTTP.

/** Schemes that addresses of HTTP have. */
export const HTTP_SCHEMES = ['http:', 'https:'] as const;
