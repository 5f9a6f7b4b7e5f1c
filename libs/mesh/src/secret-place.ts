/** Where a secret is: a variable of the environment, or a file, absolute. */
export type SecretPlace = { readonly env: string } | { readonly file: string };
