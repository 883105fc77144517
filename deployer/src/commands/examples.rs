//! The examples at the end of each command's help. A test parses every one of them.

pub(super) const INIT: &str = "Examples:
  cogapi init dev                  # asks, and offers what the account has
  cogapi init prod --region eu-west-1 --from no-reply@example.com --yes";
pub(super) const BUILD: &str = "Examples:
  cogapi build --env dev";
pub(super) const CHECK: &str = "Examples:
  cogapi check --env dev
  cogapi check --env prod --json";
pub(super) const PLAN: &str = "Examples:
  cogapi plan --env dev
  cogapi plan --env prod --detailed-exitcode    # 0: nothing to do, 2: changes";
pub(super) const DEPLOY: &str = "Examples:
  cogapi deploy --env dev          # asks before it changes anything
  cogapi deploy --env prod --yes   # in a pipeline";
pub(super) const DESTROY: &str = "Examples:
  cogapi destroy --env dev";
pub(super) const DESTROY_STACK: &str = "Examples:
  cogapi destroy-stack --env dev   # its state stays, as a record";
pub(super) const DESTROY_BACKEND: &str = "Examples:
  cogapi destroy-backend --env dev";
pub(super) const UNLOCK: &str = "Examples:
  cogapi unlock --env dev          # shows whose lock it is, and asks";
pub(super) const OUTPUTS: &str = "Examples:
  cogapi outputs --env dev
  cogapi outputs --env dev --dotenv > .env";
pub(super) const STATUS: &str = "Examples:
  cogapi status --env dev";
pub(super) const LOCAL: &str = "Examples:
  cogapi local
  cogapi local --watch             # edits of handlers are soon live
  cogapi local --endpoint-only     # variables for tests and SDKs
  cogapi local --reset --port 5000";
pub(super) const DEMO: &str = "Examples:
  cogapi demo --env dev";
pub(super) const RECOVER_STATE: &str = "Examples:
  cogapi recover-state --env dev dev-state-8.json";
pub(super) const LOGS: &str = "Examples:
  cogapi logs --env dev
  cogapi logs --env dev login mfa-verify --follow
  cogapi logs --env prod --errors --since 2h
  cogapi logs --env prod --request-id 0f1e2d3c-0000-4000-8000-000000000000";
pub(super) const PERMISSIONS: &str = "Examples:
  cogapi permissions               # a template
  cogapi permissions --env prod > policy.json";
pub(super) const MAN: &str = "Examples:
  cogapi man --out ~/.local/share/man/man1";
pub(super) const COMPLETIONS: &str = "Examples:
  cogapi completions bash > ~/.local/share/bash-completion/completions/cogapi
  cogapi completions zsh > ~/.zfunc/_cogapi
  cogapi completions fish > ~/.config/fish/completions/cogapi.fish";
