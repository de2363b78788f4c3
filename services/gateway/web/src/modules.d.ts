/* What Vite makes of imports that are not JavaScript. */
declare module '*.svg?raw' {
    const svg: string;
    export default svg;
}

declare module 'virtual:lexicon' {
    const entries: { [category: string]: string };
    export default entries;
}
