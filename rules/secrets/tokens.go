package secrets

import (
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/secrets/engine"
)

// A token is a credential whose own form says what it is, and for which gitleaks
// has no rule. The expression is matched between characters that cannot belong
// to a token, and its keywords are the fixed texts with which it begins.
type token struct {
	id       string
	title    string
	keywords string // separated by spaces, lower case
	regex    string
	severity check.Severity
	source   string // where the provider documents the form, or the credential
}

// documented are the tokens whose form the provider's documentation states or
// shows in full. That of the others was observed: in tokens that clients show as
// examples, and in GitHub's list of the patterns that providers have registered.
var documented = set(`
	aws-mws-token azure-storage-account-key azure-shared-access-key azure-identifiable-key azure-devops-token scaleway-access-key vercel-token cloudflare-scannable-token
	tailscale-key akamai-token dockerhub-token doppler-token bitwarden-access-token openbao-token bitbucket-app-password atlassian-access-token circleci-token
	buildkite-token pypi-test-token sonar-prefixed-token sourcegraph-prefixed-token gitlab-other-token elastic-cloud-key databricks-oauth-secret dbt-token langfuse-secret-key
	slack-session-token discord-bot-token discord-webhook-url telegram-token google-chat-webhook-url azure-logic-app-url mandrill-api-key mailersend-api-token
	hubspot-private-app-token salesforce-access-token close-api-key klaviyo-private-key pubnub-secret-key figma-token contentful-personal-token asana-personal-token
	clickup-token stripe-webhook-secret square-application-secret paypal-braintree-token razorpay-key mollie-api-key woocommerce-key shopify-token
	checkout-secret-key coinbase-cdp-key honeycomb-key posthog-personal-key launchdarkly-key stytch-secret axiom-token sentry-dsn-secret cloudinary-url mapbox-secret-token
	putty-private-key wireguard-private-key nats-seed nostr-private-key azure-sas-url openvpn-static-key wecom-webhook-url`)

// confirmed are tokens of an observed form that another scanner's detector has, too
// (trufflehog v3.90.0, read for the forms alone). The others are ours alone.
var confirmed = set(`
	gcp-oauth-access-token netlify-personal-token supabase-token groq-api-key xai-api-key replicate-api-token nvidia-api-key langsmith-api-key notion-legacy-token
	alchemy-auth-token ubidots-token`)

// observed is what the page of a token says whose form is not documented.
const observed = "The form was observed, the provider does not document it: it may have changed, and others may be in use."

// observedTwice is the same for those that are confirmed.
const observedTwice = "The form was observed, here and by the authors of another scanner; the provider does not document it."

// tokens are by field.
var tokens = []token{
	// Cloud and infrastructure.
	{"aws-mws-token", "Amazon MWS auth token", "amzn.mws.", `amzn\.mws\.[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}`, check.High, "https://docs.developer.amazonservices.com/"},
	{"gcp-oauth-client-secret", "Google OAuth client secret", "gocspx-", `GOCSPX-[\w-]{28}`, check.High, "https://support.google.com/cloud/answer/15549257"},
	{"gcp-oauth-access-token", "Google OAuth access token", "ya29.", `ya29\.[\w-]{30,1000}`, check.High, "https://developers.google.com/identity/protocols/oauth2"},
	{"gcp-oauth-refresh-token", "Google OAuth refresh token", "1//0", `1//0[\w-]{40,120}`, check.High, "https://developers.google.com/identity/protocols/oauth2"},
	{"azure-storage-account-key", "Azure Storage account key", "accountkey=", `(?i:AccountKey)=[A-Za-z0-9+/]{86}==`, check.Critical, "https://learn.microsoft.com/en-us/azure/storage/common/storage-account-keys-manage"},
	{"azure-shared-access-key", "Azure shared access key", "sharedaccesskey=", `(?i:SharedAccessKey)=[A-Za-z0-9+/]{43}=`, check.Critical, "https://learn.microsoft.com/en-us/azure/service-bus-messaging/service-bus-sas"},
	{"azure-devops-token", "Azure DevOps personal access token", "azdo", `[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}`, check.Critical, "https://learn.microsoft.com/en-us/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate"},
	{"azure-identifiable-key", "Azure service key", "+asta +aio +aeh +asb +acr +aba +aea azse azca acdb azfu apim +amc", `[A-Za-z0-9+/]{33,77}(?:\+ASta|\+AIo[Tt]|\+AEh|\+ASb|\+ACR|\+ABa|\+AEa|\+AMC|AzSe|AzCa|ACDb|AzFu|APIM)[A-Za-z0-9+/]{5,9}={0,2}`, check.Critical, "https://github.com/microsoft/security-utilities"},
	{"alibaba-secret-by-id", "Alibaba Cloud STS credential", "sts.", `STS\.[A-Za-z0-9]{24,40}`, check.High, "https://www.alibabacloud.com/help/en/ram/"},
	{"tencent-secret-id", "Tencent Cloud secret ID", "akid", `AKID[A-Za-z0-9]{32}`, check.High, "https://www.tencentcloud.com/document/product/598/32675"},
	{"scaleway-access-key", "Scaleway access key", "scw", `SCW[A-Z0-9]{17}`, check.Medium, "https://www.scaleway.com/en/docs/iam/concepts/"},
	{"upcloud-token", "UpCloud API token", "ucat_", `ucat_[0-9A-Z]{26}`, check.High, "https://developers.upcloud.com/"},
	{"exoscale-api-key", "Exoscale API key", "exo", `EXO[a-f0-9]{24}`, check.High, "https://community.exoscale.com/"},
	{"vercel-token", "Vercel token", "vercel_blob_rw_ vcp_ vci_ vca_ vcr_ vck_", `(?:vercel_blob_rw_[A-Za-z0-9]{16}_[A-Za-z0-9]{30}|vc[piark]_[A-Za-z0-9]{56,60})`, check.High, "https://vercel.com/docs/rest-api"},
	{"netlify-personal-token", "Netlify personal access token", "nfp_ nfc_ nfo_ nfu_ nfb_", `nf[pcoub]_[A-Za-z0-9_]{36,40}`, check.High, "https://docs.netlify.com/api/get-started/"},
	{"render-api-key", "Render API key", "rnd_", `rnd_[A-Za-z0-9]{28,36}`, check.High, "https://render.com/docs/api"},
	{"cloudflare-scannable-token", "Cloudflare API token", "cfk_ cfut_ cfat_", `cf(?:k|ut|at)_[A-Za-z0-9]{40,56}`, check.Critical, "https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/"},
	{"tailscale-key", "Tailscale key", "tskey-", `tskey-(?:auth-|api-|client-|scim-|webhook-)?[A-Za-z0-9]{6,32}(?:CNTRL)?-[A-Za-z0-9]{16,48}`, check.Critical, "https://tailscale.com/kb/1215/oauth-clients"},
	{"akamai-token", "Akamai EdgeGrid token", "akab-", `akab-[a-z0-9]{16}-[a-z0-9]{16}`, check.High, "https://techdocs.akamai.com/developer/docs/edgegrid"},
	{"dockerhub-token", "Docker Hub access token", "dckr_pat_ dckr_oat_", `dckr_(?:pat_[\w-]{27}|oat_[\w-]{32})`, check.Critical, "https://docs.docker.com/security/access-tokens/"},
	{"doppler-token", "Doppler token", "dp.st. dp.sa. dp.ct. dp.scim. dp.audit.", `dp\.(?:st\.(?:[a-z0-9_-]{2,35}\.)?|sa\.|ct\.|scim\.|audit\.)[A-Za-z0-9]{40,44}`, check.Critical, "https://docs.doppler.com/reference/auth-token-formats"},
	{"bitwarden-access-token", "Bitwarden Secrets Manager access token", "0.", `0\.[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\.[A-Za-z0-9]{30}:[A-Za-z0-9+/]{22}==`, check.Critical, "https://bitwarden.com/help/access-tokens/"},
	{"infisical-token", "Infisical service token", "st.", `st\.[0-9a-f]{24}\.[0-9a-f]{32}\.[0-9a-f]{32}`, check.Critical, "https://infisical.com/docs/documentation/platform/token"},
	{"openbao-token", "Vault or OpenBao recovery token", "hvr.", `hvr\.[\w-]{24,300}`, check.Critical, "https://developer.hashicorp.com/vault/docs/concepts/tokens"},

	// Source control, builds, packages.
	{"bitbucket-app-password", "Bitbucket app password", "atbb", `ATBB[A-Za-z0-9]{24}[A-F0-9]{8}`, check.Critical, "https://support.atlassian.com/bitbucket-cloud/docs/app-passwords/"},
	{"atlassian-access-token", "Atlassian access token", "atctt3 atstt3 atta", `(?:AT[CS]TT3[A-Za-z0-9_=-]{100,250}|ATTA[a-f0-9]{64,80})`, check.Critical, "https://support.atlassian.com/bitbucket-cloud/docs/repository-access-tokens/"},
	{"circleci-token", "CircleCI token", "ccipat_ cciprj_", `CCI(?:PAT|PRJ)_[A-Za-z0-9]{22}_[a-f0-9]{40}`, check.Critical, "https://circleci.com/docs/managing-api-tokens/"},
	{"buildkite-token", "Buildkite token", "bkua_ bkaa_ bkat_ bkct_ bkpat_", `bk(?:ua|aa|at|ct|pat)_[A-Za-z0-9]{40,64}`, check.High, "https://buildkite.com/docs/apis/managing-api-tokens"},
	{"nuget-api-key", "NuGet API key", "oy2", `oy2[a-z0-9]{43}`, check.Critical, "https://learn.microsoft.com/en-us/nuget/nuget-org/scoped-api-keys"},
	{"crates-io-token", "crates.io token", "cio", `cio[A-Za-z0-9]{32}`, check.Critical, "https://doc.rust-lang.org/cargo/reference/publishing.html"},
	{"packagist-token", "Packagist token", "packagist_", `packagist_(?:ack|acs|out|oct|uut|oct|api)_[A-Za-z0-9]{40,64}`, check.Critical, "https://packagist.com/docs/api-authentication"},
	{"pypi-test-token", "TestPyPI upload token", "pypi-agendgvzdc5wexbplm9yzw", `pypi-AgENdGVzdC5weXBpLm9yZw[\w-]{50,1000}`, check.Medium, "https://test.pypi.org/help/#apitoken"},
	{"sonar-prefixed-token", "SonarQube token", "squ_ sqp_ sqa_", `sq[upa]_[a-f0-9]{40}`, check.High, "https://docs.sonarsource.com/sonarqube-server/latest/user-guide/managing-tokens/"},
	{"sourcegraph-prefixed-token", "Sourcegraph token", "sgd_ slk_ sgph_", `(?:sgd_[a-f0-9]{64}|slk_[a-f0-9]{64}|sgph_(?:[a-f0-9]{16}|local)_[a-f0-9]{40})`, check.High, "https://sourcegraph.com/docs/cli/how-tos/creating_an_access_token"},
	{"deepsource-token", "DeepSource token", "dsp_", `dsp_[A-Za-z0-9]{40}`, check.High, "https://docs.deepsource.com/"},
	{"expo-token", "Expo access token", "expo_", `expo_[A-Za-z0-9_-]{32,64}`, check.High, "https://docs.expo.dev/accounts/programmatic-access/"},
	{"gitlab-other-token", "GitLab token", "glsoat- gloas- glimt- glffct- glwt-", `(?:glwt)-[\w-]{20,64}`, check.High, "https://docs.gitlab.com/security/tokens/"},
	{"gitea-token", "Gitea or Forgejo token", "gta_", `gta_[A-Za-z0-9]{36,64}`, check.High, "https://docs.gitea.com/development/api-usage"},
	{"socket-token", "Socket API token", "sktsec_", `sktsec_[\w-]{40,80}`, check.High, "https://docs.socket.dev/reference/"},
	{"endor-labs-key", "Endor Labs API key", "endr+", `endr\+[A-Za-z0-9]{16}`, check.High, "https://docs.endorlabs.com/"},
	{"jumpcloud-api-key", "JumpCloud API key", "jca_", `jca_[A-Za-z0-9]{36}`, check.Critical, "https://jumpcloud.com/support/jumpcloud-apis1"},

	// Databases and data.
	{"supabase-token", "Supabase token", "sbp_ sb_secret_ sbp_oauth_", `(?:sbp_(?:oauth_|v0_)?[a-f0-9]{40}|sb_secret_[\w-]{31,40})`, check.Critical, "https://supabase.com/docs/guides/api/api-keys"},
	{"neon-api-key", "Neon API key", "napi_", `napi_[a-z0-9]{64}`, check.Critical, "https://neon.com/docs/manage/api-keys"},
	{"xata-api-key", "Xata API key", "xau_", `xau_[A-Za-z0-9]{32,40}`, check.High, "https://xata.io/docs"},
	{"fauna-secret", "Fauna secret", "fna", `fnA[A-Za-z0-9_-]{37,60}`, check.High, "https://docs.fauna.com/"},
	{"mongodb-atlas-service-secret", "MongoDB Atlas service account secret", "mdb_sa_sk_", `mdb_sa_sk_[\w-]{40}`, check.Critical, "https://www.mongodb.com/docs/atlas/api/service-accounts-overview/"},
	{"elastic-cloud-key", "Elastic Cloud API key", "essu_", `essu_[A-Za-z0-9+/=_-]{40,120}`, check.Critical, "https://www.elastic.co/docs/deploy-manage/api-keys/elastic-cloud-api-keys"},
	{"confluent-prefixed-secret", "Confluent API secret", "cflt", `cflt[A-Za-z0-9+/]{60}`, check.Critical, "https://docs.confluent.io/cloud/current/security/authenticate/workload-identities/service-accounts/api-keys/overview.html"},
	{"aiven-token", "Aiven token", "aivenv1_", `aivenv1_[A-Za-z0-9+/=_-]{60,512}`, check.Critical, "https://aiven.io/docs/platform/concepts/authentication-tokens"},
	{"databricks-oauth-secret", "Databricks OAuth secret", "dose", `dose[a-f0-9]{32}`, check.Critical, "https://docs.databricks.com/en/dev-tools/auth/oauth-m2m.html"},
	{"dbt-token", "dbt Cloud token", "dbtc_ dbtu_ dbts_", `dbt[cus]_[\w-]{36,60}=?=?`, check.High, "https://docs.getdbt.com/docs/dbt-cloud-apis/authentication"},
	{"tinybird-token", "Tinybird token", "p.eyj", `p\.eyJ[\w-]{40,200}\.[\w-]{40,60}`, check.High, "https://www.tinybird.co/docs/"},
	{"pinecone-api-key", "Pinecone API key", "pcsk_", `pcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{50,64}`, check.High, "https://docs.pinecone.io/guides/projects/manage-api-keys"},

	// Language models.
	{"groq-api-key", "Groq API key", "gsk_", `gsk_[A-Za-z0-9]{52}`, check.High, "https://console.groq.com/docs/api-reference"},
	{"xai-api-key", "xAI API key", "xai-", `xai-[A-Za-z0-9_]{80}`, check.High, "https://docs.x.ai/docs/overview"},
	{"replicate-api-token", "Replicate API token", "r8_", `r8_[A-Za-z0-9_-]{37}`, check.High, "https://replicate.com/docs/topics/security/api-tokens"},
	{"openrouter-api-key", "OpenRouter API key", "sk-or-v1-", `sk-or-v1-[a-f0-9]{64}`, check.High, "https://openrouter.ai/docs/api-reference/authentication"},
	{"openai-style-key", "API key of a language model", "sk-", `sk-(?:[a-f0-9]{32}|[A-Za-z0-9]{48}|[A-Za-z0-9]{20,}T3BlbkFJ[A-Za-z0-9]{20,})`, check.High, "https://api-docs.deepseek.com/"},
	{"anthropic-oauth-token", "Anthropic OAuth token", "sk-ant-oat01- sk-ant-ort01-", `sk-ant-o[ar]t01-[\w-]{80,120}`, check.High, "https://platform.claude.com/docs/en/api/overview"},
	{"fireworks-api-key", "Fireworks AI API key", "fw_", `fw_[A-Za-z0-9]{22,24}`, check.High, "https://docs.fireworks.ai/"},
	{"together-api-key", "Together AI API key", "tgp_v1_", `tgp_v1_[\w-]{43}`, check.High, "https://docs.together.ai/"},
	{"nvidia-api-key", "NVIDIA API key", "nvapi-", `nvapi-[\w-]{60,70}`, check.High, "https://docs.nvidia.com/nim/"},
	{"elevenlabs-api-key", "ElevenLabs API key", "sk_", `sk_[a-f0-9]{48}`, check.High, "https://elevenlabs.io/docs/api-reference/authentication"},
	{"langsmith-api-key", "LangSmith API key", "lsv2_", `lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}`, check.High, "https://docs.langchain.com/langsmith/"},
	{"langfuse-secret-key", "Langfuse secret key", "sk-lf-", `sk-lf-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}`, check.High, "https://langfuse.com/docs"},
	{"wandb-api-key", "Weights & Biases API key", "wandb_v1_", `wandb_v1_[\w-]{40,90}`, check.High, "https://docs.wandb.ai/"},
	{"cerebras-api-key", "Cerebras API key", "csk-", `csk-[a-z0-9]{48}`, check.High, "https://inference-docs.cerebras.ai/"},
	{"tavily-api-key", "Tavily API key", "tvly-", `tvly-(?:dev-|prod-)?[A-Za-z0-9-]{32,48}`, check.High, "https://docs.tavily.com/"},
	{"firecrawl-api-key", "Firecrawl API key", "fc-", `fc-[a-f0-9]{32}`, check.High, "https://docs.firecrawl.dev/"},
	{"voyage-api-key", "Voyage AI API key", "pa-", `pa-[A-Za-z0-9_-]{43}`, check.High, "https://docs.voyageai.com/"},
	{"jina-api-key", "Jina AI API key", "jina_", `jina_[a-f0-9]{32}[\w-]{28}`, check.High, "https://jina.ai/"},
	{"cursor-api-key", "Cursor API key", "crsr_ key_", `(?:crsr|key)_[a-f0-9]{64}`, check.High, "https://docs.cursor.com/"},
	{"e2b-api-key", "E2B API key", "e2b_", `e2b_[a-f0-9]{40}`, check.High, "https://e2b.dev/docs"},
	{"helicone-api-key", "Helicone API key", "sk-helicone- pk-helicone-", `[sp]k-helicone-(?:[a-z]{2}-)?[a-z0-9]{7}-[a-z0-9]{7}-[a-z0-9]{7}-[a-z0-9]{7}`, check.High, "https://docs.helicone.ai/"},
	{"apify-token", "Apify API token", "apify_api_", `apify_api_[A-Za-z0-9]{34,40}`, check.High, "https://docs.apify.com/platform/integrations/api"},
	{"browserbase-api-key", "Browserbase API key", "bb_live_", `bb_live_[\w-]{24,32}`, check.High, "https://docs.browserbase.com/"},
	{"mem0-api-key", "Mem0 API key", "m0-", `m0-[A-Za-z0-9]{40}`, check.High, "https://docs.mem0.ai/"},
	{"gcp-vertex-express-key", "Google API key (AQ form)", "aq.ab", `AQ\.Ab8[\w-]{48,52}`, check.High, "https://cloud.google.com/docs/authentication/api-keys"},

	// Messages and people.
	{"slack-session-token", "Slack session token", "xoxc- xoxd-", `xox[cd]-[A-Za-z0-9%/+-]{40,400}`, check.High, "https://docs.slack.dev/authentication/tokens"},
	{"discord-bot-token", "Discord bot token", "discord", `[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,40}`, check.High, "https://discord.com/developers/docs/reference#authentication"},
	{"discord-webhook-url", "Discord webhook URL", "discord.com/api/webhooks discordapp.com/api/webhooks", `(?:discord|discordapp)\.com/api/webhooks/\d{17,20}/[\w-]{60,80}`, check.High, "https://discord.com/developers/docs/resources/webhook"},
	{"telegram-token", "Telegram bot token", ":aa", `\d{8,10}:AA[\w-]{33}`, check.High, "https://core.telegram.org/bots/features#botfather"},
	{"google-chat-webhook-url", "Google Chat webhook URL", "chat.googleapis.com/v1/spaces", `chat\.googleapis\.com/v1/spaces/[\w-]+/messages\?key=[\w-]{20,60}&token=[\w%-]{20,100}`, check.High, "https://developers.google.com/workspace/chat/quickstart/webhooks"},
	{"zapier-webhook-url", "Zapier webhook URL", "hooks.zapier.com", `hooks\.zapier\.com/hooks/catch/\d{4,12}/[a-z0-9]{5,12}`, check.Medium, "https://help.zapier.com/hc/en-us/articles/8496288690317"},
	{"azure-logic-app-url", "Azure Logic App URL with its signature", "logic.azure.com", `logic\.azure\.com(?::443)?/workflows/[a-f0-9]{32}/triggers/[\w%/?=&.-]{1,200}&sig=[\w%-]{40,60}`, check.High, "https://learn.microsoft.com/en-us/azure/logic-apps/logic-apps-securing-a-logic-app"},
	{"azure-sas-url", "Azure Storage URL with its signature", "sig=", `s[vpr]=[\w%&=.:,-]{4,400}&sig=[A-Za-z0-9%+/]{43,70}(?:%3[dD]|=)`, check.High, "https://learn.microsoft.com/en-us/rest/api/storageservices/create-service-sas"},
	{"wecom-webhook-url", "WeCom webhook URL", "qyapi.weixin.qq.com", `qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}`, check.High, "https://developer.work.weixin.qq.com/document/path/91770"},
	{"lark-webhook-url", "Lark or Feishu webhook URL", "open-apis/bot/v2/hook/", `open-apis/bot/v2/hook/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}`, check.High, "https://open.larksuite.com/document/client-docs/bot-v3/add-custom-bot"},
	{"netlify-build-hook", "Netlify build hook", "api.netlify.com/build_hooks/", `api\.netlify\.com/build_hooks/[0-9a-f]{24}`, check.Medium, "https://docs.netlify.com/build/configure-builds/build-hooks/"},
	{"vercel-deploy-hook", "Vercel deploy hook", "api.vercel.com/v1/integrations/deploy/", `api\.vercel\.com/v1/integrations/deploy/prj_[A-Za-z0-9]{20,40}/[A-Za-z0-9]{8,20}`, check.Medium, "https://vercel.com/docs/deploy-hooks"},
	{"make-webhook-url", "Make webhook URL", ".make.com/", `hook\.(?:eu|us)\d\.make\.com/[a-z0-9]{32}`, check.Medium, "https://help.make.com/webhooks"},
	{"ifttt-webhook-url", "IFTTT webhook URL", "maker.ifttt.com", `maker\.ifttt\.com/trigger/[\w-]{1,60}/(?:json/)?with/key/[\w-]{20,60}`, check.Medium, "https://ifttt.com/maker_webhooks"},
	{"resend-api-key", "Resend API key", "re_", `re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,24}`, check.High, "https://resend.com/docs/api-reference/introduction"},
	{"mandrill-api-key", "Mandrill API key", "md-", `md-[\w-]{22}`, check.High, "https://mailchimp.com/developer/transactional/"},
	{"mailersend-api-token", "MailerSend API token", "mlsn.", `mlsn\.[a-f0-9]{64}`, check.High, "https://developers.mailersend.com/general.html#authentication"},
	{"brevo-smtp-key", "Brevo SMTP key", "xsmtpsib-", `xsmtpsib-[a-f0-9]{64}-[A-Za-z0-9]{16}`, check.High, "https://developers.brevo.com/"},
	{"hubspot-private-app-token", "HubSpot private app token", "pat-na pat-eu pat-ap", `pat-(?:na|eu|ap)\d-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}`, check.High, "https://developers.hubspot.com/docs/guides/apps/private-apps/overview"},
	{"salesforce-access-token", "Salesforce access token", "00d", `00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{80,200}`, check.Critical, "https://help.salesforce.com/s/articleView?id=sf.remoteaccess_access_tokens.htm"},
	{"salesforce-refresh-token", "Salesforce refresh token", "5aep861", `5Aep861[A-Za-z0-9._=]{60,100}`, check.Critical, "https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_refresh_token_flow.htm"},
	{"close-api-key", "Close API key", "api_", `api_[A-Za-z0-9]{22}\.[A-Za-z0-9]{22}`, check.High, "https://developer.close.com/"},
	{"klaviyo-private-key", "Klaviyo private key", "pk_", `pk_[a-f0-9]{34}`, check.High, "https://developers.klaviyo.com/"},
	{"onesignal-api-key", "OneSignal API key", "os_v2_app_ os_v2_org_", `os_v2_(?:app|org)_[a-z2-7]{60,110}`, check.High, "https://documentation.onesignal.com/docs/keys-and-ids"},
	{"pubnub-secret-key", "PubNub secret key", "sec-c-", `sec-c-[A-Za-z0-9+/=-]{36,60}`, check.High, "https://www.pubnub.com/docs/"},
	{"telnyx-api-key", "Telnyx API key", "key01", `KEY01[0-9A-F]{30}_[A-Za-z0-9]{22}`, check.High, "https://developers.telnyx.com/"},
	{"aftership-api-key", "AfterShip API key", "asat_", `asat_[a-f0-9]{32}`, check.High, "https://www.aftership.com/docs/"},
	{"calcom-api-key", "Cal.com API key", "cal_live_", `cal_(?:live_)?[a-f0-9]{32}`, check.High, "https://cal.com/docs/api-reference"},
	{"figma-token", "Figma token", "figd_ figu_ figo_", `fig[dou]_[\w-]{40,48}`, check.High, "https://www.figma.com/developers/api#access-tokens"},
	{"contentful-personal-token", "Contentful personal access token", "cfpat-", `CFPAT-[\w-]{43}`, check.High, "https://www.contentful.com/developers/docs/references/authentication/"},
	{"asana-personal-token", "Asana personal access token", "1/ 2/ 0/", `[012]/\d{14,17}(?:/\d{14,17})?:[a-f0-9]{32}`, check.High, "https://developers.asana.com/docs/personal-access-token"},
	{"clickup-token", "ClickUp token", "pk_", `pk_\d{6,9}_[A-Z0-9]{32}`, check.High, "https://developer.clickup.com/docs/authentication"},
	{"notion-legacy-token", "Notion integration secret", "secret_", `secret_[A-Za-z0-9]{43}`, check.High, "https://developers.notion.com/docs/authorization"},
	{"gitbook-api-token", "GitBook API token", "gb_api_", `gb_api_[A-Za-z0-9]{36,44}`, check.High, "https://gitbook.com/docs/developers"},
	{"postman-collection-token", "Postman collection access key", "pmat-", `PMAT-[0-9A-Z]{26}`, check.Medium, "https://learning.postman.com/docs/developer/postman-api/authentication/"},
	{"retool-token", "Retool API token", "retool_", `retool_[a-z0-9]{26,40}`, check.High, "https://docs.retool.com/"},

	// Money.
	{"stripe-webhook-secret", "Stripe webhook signing secret", "whsec_", `whsec_[A-Za-z0-9+/]{32,64}={0,2}`, check.High, "https://docs.stripe.com/webhooks#verify-official-libraries"},
	{"square-application-secret", "Square application secret", "sq0csp-", `sq0csp-[\w-]{43}`, check.Critical, "https://developer.squareup.com/docs/build-basics/access-tokens"},
	{"paypal-braintree-token", "PayPal Braintree access token", "access_token$", `access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}`, check.Critical, "https://developer.paypal.com/braintree/docs/"},
	{"razorpay-key", "Razorpay key", "rzp_live_ rzp_test_", `rzp_(?:live|test)_[A-Za-z0-9]{14}`, check.High, "https://razorpay.com/docs/api/authentication/"},
	{"mollie-api-key", "Mollie API key", "live_ test_", `(?:live|test)_[A-Za-z0-9]{30}`, check.High, "https://docs.mollie.com/reference/authentication"},
	{"woocommerce-key", "WooCommerce consumer secret", "cs_ ck_", `c[ks]_[a-f0-9]{40}`, check.High, "https://woocommerce.github.io/woocommerce-rest-api-docs/#authentication"},
	{"shopify-token", "Shopify token", "shptka_ shprt_ shpua_ shppat_", `shp(?:tka|rt|ua|pat)_[a-fA-F0-9]{32}`, check.Critical, "https://shopify.dev/docs/apps/build/authentication-authorization"},
	{"checkout-secret-key", "Checkout.com secret key", "sk_sbox_ sk_", `sk_(?:sbox_)?[a-z2-7]{26}[a-z*#$=]`, check.Critical, "https://www.checkout.com/docs/"},
	{"clearbit-secret-key", "Secret key of an API", "sk_", `sk_[a-f0-9]{32,40}`, check.High, "https://dashboard.clearbit.com/docs"},
	{"alchemy-auth-token", "Alchemy auth token", "alcht_", `alcht_[A-Za-z0-9]{30}`, check.High, "https://www.alchemy.com/docs/"},
	{"coinbase-cdp-key", "Coinbase API key", "organizations/", `organizations/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/apiKeys/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}`, check.Medium, "https://docs.cdp.coinbase.com/"},
	{"production-token", "Token that calls itself one for production", "production_", `PRODUCTION_[0-9a-f]{64}`, check.High, "https://docs.lightspark.com/"},

	// Watching and switching.
	{"honeycomb-key", "Honeycomb key", "hcaik_ hcbik_ hcxik_ hcamk_ hcxmk_", `hc[a-z](?:ik|mk|lk)_[a-z0-9]{26,60}`, check.High, "https://docs.honeycomb.io/"},
	{"posthog-personal-key", "PostHog personal API key", "phx_", `phx_[A-Za-z0-9]{43,50}`, check.High, "https://posthog.com/docs/api"},
	{"launchdarkly-key", "LaunchDarkly key", "sdk- api-", `(?:sdk|api)-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}`, check.High, "https://launchdarkly.com/docs/home/account/api"},
	{"stytch-secret", "Stytch secret", "secret-live- secret-test-", `secret-(?:live|test)-[\w-]{35,40}={0,2}`, check.Critical, "https://stytch.com/docs"},
	{"statsig-secret", "Statsig secret key", "secret- console-", `(?:secret|console)-[A-Za-z0-9]{40,48}`, check.High, "https://docs.statsig.com/"},
	{"flagsmith-server-key", "Flagsmith server key", "ser.", `ser\.[A-Za-z0-9]{22}`, check.High, "https://docs.flagsmith.com/"},
	{"growthbook-secret", "GrowthBook secret key", "secret_admin_ secret_readonly_ secret_user_", `secret_(?:admin|readonly|user)_[A-Za-z0-9+/]{30,60}={0,2}`, check.High, "https://docs.growthbook.io/"},
	{"axiom-token", "Axiom token", "xaat- xapt-", `xa[ap]t-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}`, check.High, "https://axiom.co/docs/reference/tokens"},
	{"rootly-api-token", "Rootly API token", "rootly_", `rootly_[a-f0-9]{64}`, check.High, "https://docs.rootly.com/"},
	{"ubidots-token", "Ubidots token", "bbff- bbus-", `BB(?:FF|US)-[A-Za-z0-9]{30}`, check.High, "https://docs.ubidots.com/"},
	{"sentry-dsn-secret", "Sentry DSN with its secret key", "sentry.io", `[a-f0-9]{32}:[a-f0-9]{32}@(?:[\w.-]{1,60}\.)?sentry\.io`, check.Medium, "https://docs.sentry.io/concepts/key-terms/dsn-explainer/"},
	{"cloudinary-url", "Cloudinary URL with its secret", "cloudinary://", `cloudinary://\d{10,20}:[\w-]{20,40}@[\w-]{2,60}`, check.High, "https://cloudinary.com/documentation/solution_overview"},
	{"mapbox-secret-token", "Mapbox secret token", "sk.eyj", `sk\.eyJ[\w-]{40,200}\.[\w-]{22}`, check.High, "https://docs.mapbox.com/accounts/guides/tokens/"},
	{"openvpn-static-key", "OpenVPN static key", "begin openvpn static key", `BEGIN OpenVPN Static key V1-----\s+(?:[0-9a-f]{32}\s+){16}`, check.Critical, "https://openvpn.net/community-docs/static-key-mini-howto.html"},
	{"nats-seed", "NATS seed", "sua sub suc sud sna snb snc snd soa sob soc sod saa sab sac sad sca scb scc scd", `S[UNOAC][A-D][A-Z2-7]{55}`, check.Critical, "https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth"},
	{"nostr-private-key", "Nostr private key", "nsec1", `nsec1[02-9ac-hj-np-z]{58}`, check.High, "https://github.com/nostr-protocol/nips/blob/master/19.md"},
	{"extended-private-key", "Extended private key of a wallet", "xprv yprv zprv tprv", `[xyzt]prv[1-9A-HJ-NP-Za-km-z]{107}`, check.Critical, "https://github.com/bitcoin/bips/blob/master/bip-0032.mediawiki"},
	{"rsa-private-key-der", "RSA private key in base64", "ibadanbgkqhkig9w0baqefaas ibaakc", `MII[A-Za-z0-9+/]{3}IBA(?:DANBgkqhkiG9w0BAQEFAAS|AKC)[A-Za-z0-9+/]{300,}={0,2}`, check.Critical, "https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1.2"},
	{"putty-private-key", "PuTTY private key", "putty-user-key-file-", `PuTTY-User-Key-File-[23]: [\w@.-]{4,40}\r?\nEncryption: none`, check.Critical, "https://the.earth.li/~sgtatham/putty/0.81/htmldoc/AppendixC.html"},
	{"wireguard-private-key", "WireGuard private key", "privatekey", `(?i:PrivateKey)[ \t]*=[ \t]*[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=`, check.Critical, "https://www.wireguard.com/quickstart/"},
}

// edge is what may not stand beside a token.
const edge = `[^A-Za-z0-9_]`

// rule makes the engine's rule of a token.
func (t token) rule() *engine.Rule {
	r := &engine.Rule{ID: t.id, Description: t.title, Entropy: 2.5, Regex: engine.NewRegexp(`\b(` + t.regex + `)(?:` + edge + `|\z)`)}
	r.Keywords = strings.Fields(t.keywords)
	return r
}
