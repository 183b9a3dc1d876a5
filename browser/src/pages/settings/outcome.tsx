import { useState } from "preact/hooks";
import { asApiError, askToSignIn } from "../account";

interface OutcomeState {
  text: string;
  failed: boolean;
}

/** Performs what a part of the settings asks of the server, and keeps what to say about it. */
export function useOutcome() {
  const [outcome, setOutcome] = useState<OutcomeState>({ text: "", failed: false });
  const [busy, setBusy] = useState(false);
  const act = async (work: () => Promise<unknown>, done: string): Promise<boolean> => {
    setBusy(true);
    setOutcome({ text: "", failed: false });
    try {
      await work();
      setOutcome({ text: done, failed: false });
      return true;
    } catch (error) {
      const problem = asApiError(error);
      if (problem.status === 401) askToSignIn();
      else setOutcome({ text: problem.message, failed: true });
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { ...outcome, busy, act };
}

/** What came of it, beside the button that was pressed. */
export function Outcome({ text, failed }: OutcomeState) {
  return (
    <p class={failed ? "failure" : "settings-done"} role={failed ? "alert" : "status"}>
      {text}
    </p>
  );
}
