import { useState } from 'react';
import { asProblem, type Problem } from '../api/problem';

/** Tries something that the server may refuse, and keeps why it did. */
export function useAttempt() {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<Problem | null>(null);
  const attempt = async (work: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setWrong(null);
    try {
      await work();
      return true;
    } catch (error) {
      setWrong(asProblem(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  /** What is wrong with one member of what was sent. */
  const at = (pointer: string) => wrong?.errors.find((e) => e.pointer === pointer)?.detail;
  return { busy, wrong, attempt, at, forgive: () => setWrong(null) };
}
