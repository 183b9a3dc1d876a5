export { keepAnswer, ownAnswer } from "./answers";
export { Delivery } from "./delivery";
export { Device } from "./device";
export { watchUpdates } from "./updates";
