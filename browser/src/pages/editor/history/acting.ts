import { notify } from "../../../components/notice";
import { asApiError } from "../../account";

/** Does what somebody asks, and says so when it could not. */
export async function attempt(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    notify(asApiError(error).message);
  }
}
