/** Told one sentence for each thing the sandbox is about to do or has found. */
export type Progress = (line: string) => void;

export const silent: Progress = () => {};
