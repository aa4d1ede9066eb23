package secrets

import "strings"

// serviceNames are services that issue keys, tokens or secrets: a value beside
// such a name needs no word like "key" to be a credential. Several words may be
// written together or with any of space, _ and - between them. Names that are
// everyday words of programs ("branch", "box", "close") are among commonNames.
var serviceNames = strings.Fields(strings.ReplaceAll(`
1forge 1password abbysale abstract-api abuseipdb abyssale accuweather actioncable activecampaign adafruit adalo adobe-io adyen
adzuna aeroworkflow affinda aftership agora ahrefs ai21 airbrake airship airtable aircall airvisual aiven akamai akeyless
alchemy alconost alegra aletheiaapi algolia alibaba-cloud alienvault aliyun allsports alphavantage alpha-vantage amadeus ambee amplitude
anaplan anchore annas anthropic anypoint apacta api2cart apicurio apideck apiflash apifonica apify apilayer apimatic apimetrics apitemplate
api-ninjas apininjas apollo-io appcues appdynamics appfollow apple-music appointedd appoptics appsflyer appsynergy apptivo appveyor appwrite
artifactory artsy asana assemblyai assembly-ai atera atlassian audd auth0 authorize-net autodesk autoklose autopilot avazaapi avalara aviationstack
axonaut aylien ayrshare azure-devops backlog backblaze baidu bandwidth banana bannerbear baremetrics baseapi baserow beebole besnappy bestbuy betterstack
better-stack bigcommerce billomat bingmaps bing-maps bitbar bitbucket bitcoinaverage bitfinex bitgo bitly bitly-access bitmex bitpay bitrise bitstamp
bittrex bitwarden blablabus blazemeter blitapp blockchain-com blockfrost blockdaemon blocknative blogger bluesnap bombbomb boostnote borgbase braintree
brandfetch braze brevo bright-data brightdata browserbase browserless browserstack browshot budibase bubble-io buddyns bugsnag bugherd buildkite bulbul bulksms
bunnycdn bunny-net buttercms buymeacoffee caflou calendarific calendly calorieninja campayn cannyio canny-io capsulecrm captaindata carboninterface cashboard
caspio censys centralstationcrm cerebras cexio chargebee chartmogul chatbase chatbot-com chatfule checio checklyhq checkout-com checkvist checkmarx cicero circleci
clarifai clearbit clerk clickatell clickhelp clicksend clickup cliengo clientary clinchpad clockify clockworksms closecrm cloudant cloudconvert cloudelements
cloudflare cloudflare-r2 cloudimage cloudinary cloudmersive cloudplan cloudsmith cloverly cloze clustdoc coda codacy codat codeclimate codecov codemagic codequiry codesandbox
cohere coinapi coinbase coinbase-pro coingecko coinlayer coinlib coinmarketcap coinranking coinstats collect2 column-bank commercejs commercetools commodities companyhub
configcat confluent contabo contentful contentstack convertapi convertkit convier convex copper-crm copyscape countrylayer courier couriercom coveralls
craftmypdf crawlbase criteo crossbrowsertesting crowdin crowdstrike crunchbase cryptocompare currencycloud currencyfreaks currencylayer currencyscoop currentsapi
customerguru customerio customer-io cyberark d7network dailyco daily-co dandelion dareboost darksky dashlane databox databricks datadog datadome datafire datagov datarobot
datastax debounce deepai deepgram deepl deepseek delighted demio deputy descope desktime detectify detectlanguage deviantart dfuse dialpad diffbot diggernaut digicert digitalocean
directus discogs discord discourse disqus ditto dnscheck dnsimple dnsmadeeasy docker-hub dockerhub documo docparser docusign doit-im dolby doppler dotdigital dotmailer dovico
dronahq drone-ci dropbox dropbox-sign duda duffel duo-security duply dwolla dynadot dynalist dyspatch dynatrace eagleeyenetworks easyinsight easypost ebay ecostruxureit edamam edenai
eightxeight elasticemail elastic-email elevenlabs emailoctopus enablex endorlabs endpointclosing enigma envoyapi envoy-api epic-games erasebg esewa ethplorer etherscan etsy eventbrite
eversign everhour exchangerate exchangeratesapi exchange-rate exoscale expensify exportsdk extractorapi facebook faceplusplus face-plus-plus fakejson falai fastforex fastly fastspring
fauna fibery figma file-io filestack financialmodelingprep finage findl finicity finnhub fireblocks fireberry firebase firecrawl fireworks-ai fixer-io fixerio flagsmith flatio fleetbase flexport
flickr flightapi flightaware flightlabs flightstats float-com flodesk flowdash flowdock flowflu flutterwave fmfw formbucket formcraft formio formspree formsite foursquare frameio frame-io
freemius freshbooks freshdesk freshservice freshworks front-app frontapp frontegg fulcrum fullstory fullcontact fusionauth fxmarket gcore geckoboard gemini-api gem-fury gemfury gengo
geoapify geocode geocodify geocodio geoipifi getaccept getemail getemails getgeoapi getgist getresponse getsandbox getstream ghost-io giphy gitbook gitguardian gitlab gitter
glassnode glitchtip gnews gocanvas gocardless godaddy gofile goodday google-maps google-oauth google-translate google-places gotify gotomeeting grafana grafbase graphcms
graphhopper greenhouse groovehq groq growthbook gtmetrix guardianapi gumroad guru-com gyazo handwrytten happi happyscribe harvestapp harvest-api harness hasura have-i-been-pwned
haveibeenpwned heap-io helicone helloauth hellosign helpcrunch helpscout help-scout here-api here-maps hereapi heroku hetzner hex-pm hibp highlightio hiveage hologram holidayapi holistic
honeybadger honeycomb hootsuite host-io hostinger hotjar hubspot huggingface hugging-face humanity humanitec hunter-io hunterio hybiscus hygraph hypertrack ibm-cloud ibmcloud iconfinder
iexapis iexcloud iex-cloud ifttt imagekit imagga imgbb imgix imgur impala imperva incidentio incident-io infisical influxdb infobip infracost infura insightly instabug instagram instamojo
intercom interseller intra42 intrinio invoiceocean ip2location ipapi ip-api ipdata ipgeolocation ipify ipinfo ipinfodb ipquality ipqualityscore ipregistry ipstack ironcloud iterable
iubenda ivans jambonz jdbc jfrog jiratoken jira jotform jumpcloud jumpseller juro justgiving kaggle kairos kakao kandji kanban kanbantool karmacrm keenio keen-io kentico keycdn keycloak keygen
kickbox kinde klarna klaviyo klipfolio knapsackpro knock-app kontent kount kraken kucoin kudosity kylas lacework lakera langfuse langsmith languagelayer larksuite lastfm last-fm
launchdarkly ldap leadfeeder leandata legiscan lemlist lemonsqueezy lemon-squeezy lendflow lessannoyingcrm lexigram lightspeed linear-app linearapi line-notify line-messaging line-channel
linenotify linkedin linkpreview linode liveagent livekit livestorm loadmill lob-api lobapi locationiq logdna loggly loginradius logrocket logz-io logzio lokalise loom looker loqate loyverse luma-ai lunchmoney luno
macaddress madkudu magicbell magic-link magnetic mailboxlayer mailboxvalidator mailchimp mailerlite mailersend mailgun mailjet mailmodo mailosaur mailsac mailslurp mailtrap mailvio
mandrill manifest mapbox mapquest marketstack marketo mastodon matomo mattermost maxmind mavenlink mediastack meilisearch memberstack meraki mercadopago mercadolibre mercury-bank
mesibo messagebird meaningcloud metaapi metabase metrilo microlink microsoft-teams midise mindmeister miro mistral mistral-ai mite mixmax mixpanel mockaroo moderation modal-com moderntreasury mojoauth moralis
mollie momentum monday-com mondaycom monkeylearn moonclerk moosend moralis mrticktock mux-token mx-com myexperiment myfreshworks myintervals mymemory n8n nagios namecheap nanonets nasa naver neon-db neondb nethunt
netlify netcore neutrinoapi newrelic new-relic newsapi news-api newscatcher newsdata neynar nexmo nextcloud nftport ngrok nicereply nightfall nimble ninox nitro nlpcloud noaa
nocodb nocrm noded noticeable northpass notion novu npmtoken nozbe nubela numverify nutritionix nutshell nvidia nylas nytimes oanda oauth2-proxy octopus-deploy ocrspace ocr-space odoo okta omnisend onbuka
onedesk onelogin onepagecrm onesignal one-signal onfleet onwater oopspam openai opencage opencagedata opencorporates opengraphr opengraphio openrouter opensea openuv
openvpn openweather openweathermap opsgenie optidash optimizely oracle-cloud orbit-love orderdesk ortto overloop ovh owlbot packagecloud packagist pagarme pagerduty pagespeed pandadoc pandascore
papertrail paperform paperspace paralleldots parcellab parseapp parsehub parsers parseur partnerstack passbase pastebin patreon paydirt paykickstart paylike paymo paymoapp paymongo paypal payrexx paystack
payu pdfco pdf-co pdflayer pdfmonkey pdfshift peopledatalabs people-data-labs pepipost percy perplexity persona-api phantombuster phrase-app phyllo pingdom pinata pinecone ping-identity pinterest pipedream pipedrive
pivotaltracker pivotal-tracker pixabay pixelai plaid planetscale planningcenter planview planyo plausible playht plivo pocketbase podio polar-sh pollsapi poloniex polygon-io polygonscan
portainer positionstack postageapp postbacks postgrid posthog postman postmark power-bi powrbot prefect pretix printful printify privacy-com privateai private-ai proabono procore product-hunt producthunt
prodpad proofy prospectcrm prospeo protocolsio proxycrawl prodigi pubnub pulumi purestake pushbullet pusher pushover pushy pypi qase qdrant qualaroo qualtrics qubole quickbooks
quickchart quicknode quickmetrics quay-io r2-access rabbitmq rainforest rapidapi raven rawg razorpay reachmail reactivecampaign readme-io recaptcha recharge recruitee recurly reddit redash redislabs
redis-cloud refiner rentman reallysimplesystems replicate replyio reply-io requestbin requestfinance resend resmush restpack restpackhtml retellai retool rev-ai revai revamp revampcrm revenuecat ringcentral ringover
ritekit roaring roboflow rocket-chat rocketreach rollbar ronin rootly route4me rownd rubygems runpod runrunit runscope rudderstack saladcloud salesblink salescookie salesflare salesforce salesloft salesmate
sanity-io sap-hana sapling satismeter saucelabs sauce-labs scaleway scaleapi scale-ai scalr scraperapi scraper-api scraperbox scraperstack scraperbee scrapersite scrapestack scrapfly scrapin scrapingant
scrapingbee scrapingdog screenshotapi screenshotlayer screenshotmachine scrutinizer searchapi seatgeek securitytrails segment-io seeblick semantics3 semaphoreci semrush sendbird sendbirdorganization
sendcloud sendgrid sendinblue sendle sendpulse sendy sentiment sentry serpapi serpstack serphouse servicenow sessionstack sevenhugs sfdc sharepoint sheety sherpadesk shipbob shipday shipengine shippo shipstation
shodan shopify shortcut-api shorte short-io shotstack shutterstock siftscience signable signalwire signaturit signnow signup-genius sigopt silverpop simfin simplesat simplybook simplynoted sinch siteleaf
skrapp skybiometry skype slack slideshare smartsheet smartystreets smarty-streets smartling smooch smsapi smscountry snapchat snipcart snowflake snyk soax sociablekit socialsearch softlayer sonarcloud sonarqube soundcloud sourcegraph
sparkpost speechace speechtext splunk spoonacular spotify sportradar sportsmonk sportsdata spotinst spotify-client square-access squareapp squareup squarespace squadcast sslmate ssllabs stability-ai stackhawk stackexchange
stackoverflow stackby stannp starton statsig statuscake statuspage statuspal statista steam-api stitchdata stockdata storecove stormboard stormglass storyblok storychief strapi strava streak streamchat stripe
stripo stytch submittable sugester sugarcrm sumologic sumo-logic supabase supernotes supertokens surge survicate surveyanyplace surveybot surveymonkey surveysparrow survicate swagger-hub swaggerhub swell swiftype svix synadia synthesia
tallyfy talkable tatum-io tavily taxjar teamgate teamviewer teamwork teamworkcrm teamworkdesk teamworkspaces technicalanalysisapi tefter telegram teletype telesign telnyx terraform-cloud testingbot testrail text2data textmagic textrazor
thehive theoddsapi the-odds-api thetrainline thinkific thousandeyes ticketmaster ticket-master tickettailor tiingo tiktok timecamp timekit timezoneapi timezonedb tinify tinypng tinybird tinymce tly tmdb themoviedb tmetric todoist
toggltrack toggl together-ai tokeet tomorrowio tomorrow-io tomtom tradier transferwise translate-com travelpayouts travisci travis-ci trello trufflehog tru trustpilot tumblr turbot turso
twelvedata twelve-data twilio twist twitch twitter tyntec typeform typesense typetalk ubidots uberduck uclassify ultradns unbounce unifyid unify unleash unplugg unsplash upcdatabase upcitemdb upcloud uplead uploadcare upstash upwave urlscan
uptimerobot uptime-robot upwork userflow userstack uservoice usercentrics useberry vagrant-cloud vatlayer vbout vercel verifier verifalia verimail veriphone veriff veriphone versioneye viewneo vimeo virustotal virus-total visualcrossing visual-crossing
visualstudio vivun voicegain voiceflow voodoosms vonage vouchery vpnapi vtex vultr vyte wakatime walkscore wandb weatherapi weather-api weatherbit weatherstack web3storage webex webflow webhookrelay webscraper webscraping
wechat wepay whatcms whatsapp whoisxml whoisxmlapi whoxy wistia wit-ai wolframalpha wolfram-alpha woocommerce woodpecker wordpress wordsapi workato workday workos workiz workstack worksnaps worldcoinindex worldtradingdata worldweather
wrike x-ai xata xendit xero xverify yandex yelp yextapi ynab youneedabudget youtube you-sign yousign youcanbookme zapier zapierwebhook zendesk zenkit zenrows zenscrape zenserp zenvia zeplin zerobounce zerotier zipapi zipbooks zipcodeapi zipcodebase
zillow zoho zonka zonkafeedback zoom-client zoominfo zoom-api zuora zulip zyte coincap nowpayments binance bybit okx gate-io huobi bitget deribit kucoin polymarket tron-grid trongrid bscscan arbiscan snowtrace covalent dune-analytics helius quiknode ankr
jina tavily serper exa-api voyage-ai nomic unstructured weaviate milvus zilliz assemblyscript lmnt playht suno runway-ml runwayml leonardo-ai ideogram cartesia hume-ai vapi bland-ai elevenlabs
cockpit cognito keystone forgerock ping-federate onelogin duo jumpcloud ory zitadel casdoor authentik stytch propelauth clerk kinde logto userfront workos boxyhq oauth-client
mapmyindia mapmyfitness fitbit withings oura strava garmin polar-flow whoop peloton philips-hue lifx nest-api ecobee wyze tuya smartthings particle-io losant thingspeak blynk adafruit-io arduino-cloud
sonatype nexus-repo artifactory cloudsmith gemfury jfrog proget myget nuget npmjs cratesio
veracode checkmarx blackduck whitesource mend-io fossa deepsource semgrep aqua-security prismacloud tenable qualys rapid7 nessus crowdstrike sentinelone carbonblack cylance proofpoint mimecast abnormal-security
netsuite workday bamboohr gusto rippling deel remote-com personio hibob namely zenefits adp paychex greenhouse lever-co ashby recruitee smartrecruiters jobvite
mailfence fastmail zohomail sendy mailwizz listmonk ghost-admin substack beehiiv buttondown
cloudamqp cloudmqtt hivemq emqx ably pusher pubnub getstream sendbird agora twilio-video livekit mux-api cloudways digitalocean-spaces wasabi backblaze-b2 storj filebase pinata infura-ipfs
aha-io besttime conversiontools couchbase deno-deploy denodeploy feedier fetchrss html2pdf instabot m3o meistertask nasdaqdatalink nasdaq-data-link photoroom rebrandly
repairshopr robinhood scrapeowl selectpdf simvoly sirv ticktick tines zulipchat mailjet-sms mailjetbasic larksuite bitlytoken sslcommerz midtrans paytm phonepe cashfree instacart doordash lyft
uber gojek grab shopee lazada rakuten mercari etsyapi allegro coupang flipkart trendyol woo magento prestashop opencart drupal joomla strapi-cloud payload directus-token sanity hygraph-token prismic-io prismic
dato-cms datocms builder-io builderio kentico-kontent agility-cms cosmicjs cosmic-js butter-cms takeshape graphql-hive apollographql apollo-graph hasura-admin stepzen grafbase-api edgedb cockroach cockroachlabs
cockroachdb yugabyte timescale timescaledb clickhouse singlestore motherduck questdb scylladb scylla astra-db astradb dynamodb documentdb cosmosdb arangodb neo4j neo4j-aura memgraph tigergraph dgraph redisenterprise aerospike hazelcast
influx quixote kafka upstash-redis upstashredis confluentcloud redpanda nats-io synadiacloud solace ibmmq activemq pulsar streamnative decodable materialize rockset druid imply pinot startree databend firebolt dremio starburst trino
looker-studio sigma-computing thoughtspot mode-analytics hex-tech hextech preset-io superset holistics chartio redash-io cube-dev cubejs lightdash evidence-dev census hightouch fivetran airbyte stitch-data meltano matillion talend informatica mulesoft boomi workato-api tray-io trayio make-com integromat
zapier-nla n8n-cloud pipedream-api activepieces windmill-dev temporal-cloud temporalcloud inngest trigger-dev triggerdev defer-run qstash upstash-qstash quirrel zeplo cronitor cronhub healthchecks healthchecks-io deadmanssnitch dead-mans-snitch oh-dear ohdear hyperping instatus updown-io updownio freshping site24x7 nodeping checkmk zabbix icinga
lightstep signalfx wavefront instana scoutapm scout-apm skylight appsignal raygun trackjs errorception rookout lumigo thundra epsagon coralogix mezmo sematext humio devo logentries insightops loki timberio vector-dev cribl edge-delta observe-inc chronosphere grafana-oncall oncall victorops xmatters firehydrant blameless jeli squadcast-api zenduty spike-sh
mixpanel-project amplitude-secret heap-analytics pendo walkme userpilot chameleon-io productboard aha canny-api uservoice-api nolt upvoty frill featurebase usersnap marker-io gleap instabug-api shake-bug luciq
snipcart-secret foxy-io chec swell-store medusa saleor vendure spree elasticpath commercelayer nacelle shogun rechargeapp bold-commerce yotpo judge-me judgeme stamped-io stampedio loox okendo smile-io loyaltylion swellrewards
easyship shipstation-api sendcloud-api shipwire shiphero shipmonk flexe deliverr easypost-prod goshippo aftership-key parcelmonkey packlink royalmail dhl fedex ups usps dpd hermes evri gls-api postnl bpost auspost canadapost
lalamove stuart onfleet-api bringg routific optimoroute circuit-api track-pod traccar samsara geotab fleetio motive-api keeptruckin verizonconnect
opensky adsbexchange aviation-edge aviationedge airlabs skyscanner kiwi-com tequila hotelbeds sabre travelport expedia booking-com bookingcom airbnb agoda tripadvisor viator getyourguide rome2rio
alpaca alpaca-markets polygonapi tradestation interactivebrokers etrade schwab tdameritrade robinhood-api webull questrade saxo ig-markets igmarkets fxcm ctrader metatrader eodhd eodhistoricaldata quandl intrinio-api xignite barchart benzinga marketaux stocktwits unusualwhales quiver-quant simfin-api
infura-secret alchemyapi moralis-api quicknode-api getblock chainstack ankr-api pokt-network tenderly blockcypher blockstream mempool-space etherscan-io ftmscan optimistic-etherscan basescan snowtrace-api nansen messari kaiko amberdata cryptoquant santiment lunarcrush defillama zapper zerion debank opensea-api reservoir-tools looksrare rarible magiceden
azure-ad azuread entra-id entraid authelia sailpoint hanko-io secureauth centrify saviynt beyondtrust thycotic delinea tencent-cloud tencentcloud huawei-cloud huaweicloud bunnynet railway-app northflank koyeb scalingo platformsh dokku greynoise hybrid-analysis
binaryedge sophos spacelift env0 logz checkly kibana elasticsearch elastic-cloud mongodb-atlas mongodbatlas neon-tech gorgias marqeta openexchangerates neverbounce lambdatest applitools docraptor transifex riot-games riotgames pexels
nhost appwrite pocketbase zeabur stackit ionos leaseweb replit gitpod tabnine codeium sourcery windsurf perplexity openrouter togetherai deepinfra novita-ai hyperbolic-xyz baseten lambda-labs paperspace coreweave nebius mixedbread llamaindex llama-cloud
langchain promptlayer portkey arize humanloop braintrust tavus heygen resemble-ai gladia speechmatics picovoice zeroheight canva onfido jumio sumsub trulioo socure middesk checkr truework pinwheel truelayer nordigen saltedge belvo teller-io yodlee tink
affirm afterpay sezzle paymongo payrexx payu payfast ozow yoco interswitch pesapal mpesa africastalking termii kaleyra gupshup msg91 textlocal exotel smsglobal burstsms transmitsms messente esendex sms77 opsgenie pagerduty statsd-exporter datadoghq
sendgrid-api mailerlite-api moosend-api emailable bouncer-io debounce-io kickbox-io zerobounce-io clearout briteverify xverify-io anymailfinder snov-io apollo-api lusha cognism rocketreach-io seamless-ai zoominfo-api crunchbase-api pitchbook owler builtwith similarweb
semrush-api ahrefs-api majestic moz-api dataforseo valueserp zenserp-api scaleserp rainforestapi bluecart countdownapi proxycrawl oxylabs smartproxy brightdata-api webshare iproyal packetstream soax-api netnut geosurf zyte-api diffbot-api import-io parsehub octoparse
contentsquare hotjar-api mouseflow smartlook crazyegg vwo abtasty kameleoon eppo split-io devcycle launchnotes beamer-io headway productfruits whatfix intercom-api crisp-chat tawk tidio chatwoot rasa botpress dialogflow kore-ai cognigy ada-cx
vimeo-api dailymotion wistia-api brightcove jwplayer kaltura cloudflare-stream bunny-stream api-video livepeer mux-video agora-io twilio-api vonage-api daily-api whereby metered-ca xirsys ably-api pusher-api pubnub-api stream-chat cometchat sendbird-api talkjs
geocodio-api smarty melissa loqate-api postcoder ideal-postcodes what3words mapquest-api maptiler thunderforest stadia-maps jawg tomtom-api traveltime radar-io foursquare-api factual safegraph unacast
meteomatics meteoblue stormglass-io climacell aerisweather weatherstack-api visualcrossing-api worldweatheronline wunderground ambientweather netatmo airnow iqair purpleair breezometer openaq electricitymaps watttime carbonintensity
amberdata-io glassnode-api coinglass coinalyze tokenterminal messari-api nomics coinpaprika livecoinwatch cryptorank bitquery thegraph chainalysis elliptic trmlabs blowfish hexagate forta-network openzeppelin gelato chainlink biconomy thirdweb magic-eden alchemy-api
`, "\n", " "))

// commonNames are services whose name is a word of its own right: they count
// only where the name is nothing else, and the value no hash.
var commonNames = set(`
	gemini polygon hive float box front host column segment shortcut rev mux magnetic holistic privacy percy swell nitro harvest apollo square
	linear lob copper canny close monday courier moderation manifest raven commodities sentiment ditto cicero humanity impala autopilot float
	guru loom buffer drift lever gusto ramp brex mercury plain height notion render fly split branch iterable amplitude intercom abstract apollo
	aha eraser besttime pipe loop spark stream wave pulse signal orbit compass atlas nova orchestra temporal dagster bubble glide softr stacker
	noodle ceramic lens mirror arc clay tome rows grain fathom otter fireflies krisp descript captions opus verifier replicate payload census
	recharge revamp roaring sapling skylight solace spree stuart superset surge swell tines unify unleash woo whoop zapper agora banana blogger
	courier deputy enigma happi hologram impala imply mite momentum nimble noticeable nutshell quixote rainforest pinot druid dandelion
	discourse twist pulsar harness convex coda presto flow directus segment knock tru tly humanity github aws zoom azure entra consul vault
	nomad elastic ghost heap make paddle wise here guardian phrase steam hunter comet tomorrow stability fixer crisp drip scout quay bunny
	railway passage drone semaphore neon hanko tink`)
