/** The ways in: signing in and up, invitations, guests. */
export { GuestPage } from "./guest";
export { InvitationPage } from "./invitation";
export { SignIn } from "./sign-in";
