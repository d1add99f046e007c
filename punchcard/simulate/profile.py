"""Profile: the parameters of one kind of programme, all of them, so that the truth can be told from here."""

from msgspec import Struct

# Where a member stands in a month. None: not joined yet; gone: left the programme. The four between are the segments
# of the exclusive scheme "activity".
NONE, NEW, ACTIVE, LEAVING, LEFT, GONE = range(6)
SEGMENTS = ("new", "active", "leaving", "left")

By = tuple[float, float, float, float, float, float]  # one number for each of the six


class Season(Struct, frozen=True):
    """How busy days are: the height of the year's wave and of the rush before Christmas, and Monday to Sunday."""

    wave: float = 0.12
    christmas: float = 0.8
    christmas_days: float = 9.0
    week: tuple[float, ...] = (0.85, 0.85, 0.9, 0.95, 1.2, 1.45, 0.8)


class Lifecycle(Struct, frozen=True):
    """How members move from month to month: from each segment (rows) to each of the four and out of the programme."""

    moves: tuple[tuple[float, float, float, float, float], ...] = (
        (0.00, 0.74, 0.26, 0.00, 0.00),
        (0.00, 0.93, 0.07, 0.00, 0.00),
        (0.00, 0.26, 0.44, 0.30, 0.00),
        (0.00, 0.03, 0.00, 0.955, 0.015),
    )
    at_start: tuple[float, float, float, float] = (0.04, 0.61, 0.13, 0.22)
    shopping: By = (0.0, 1.25, 1.0, 0.35, 0.0, 0.0)  # times the member's own rate
    response: By = (0.0, 1.3, 1.0, 0.8, 0.3, 0.0)  # times a campaign's lift
    opening: By = (0.0, 1.25, 1.0, 0.6, 0.25, 0.0)  # times a message's chance to be opened
    joined_before: float = 0.62  # the share of members who joined before the data begins


class Shopping(Struct, frozen=True):
    """What members buy: rates differ between them by a gamma law, and so do baskets."""

    per_month: float  # purchases of a member and month in segment active, on average
    shape: float = 0.9  # of the gamma law of rates
    more_lines: float = 1.6  # lines of a basket after the first, on average
    basket_shape: float = 3.0  # of the gamma law of basket sizes
    unidentified: float = 0.0  # documents without a member, for each one with
    online: float = 0.2  # the share of documents that come from shop or app
    returned: float = 0.035  # the share of sales with a return
    promoted: float = 0.17  # the share of lines on promotion
    cancelled: float = 0.003
    late: float = 0.012  # the share of documents the system learns of days later
    price_cents: float = 650.0  # the middle of the list prices
    margin: float = 0.32
    tax: float = 0.2


class Points(Struct, frozen=True):
    """How points are earned, spent and lost."""

    per_unit: float = 1.0  # for each whole unit of currency paid
    pending_days: int = 14
    expiry_days: int = 365
    spends_per_month: float = 0.25  # attempts of a member to spend, in segment active
    prices: tuple[int, ...] = (100, 200, 500, 1_000)
    face_value: float = 0.01
    unit_cost: float = 0.007
    ultimate: float = 0.8
    tiers: tuple[tuple[str, int], ...] = (("Basic", 0), ("Silver", 300), ("Gold", 900))  # by spend of 12 months


class Consent(Struct, frozen=True):
    """One consent that members give each brand: for a channel and a purpose."""

    channel: str
    purpose: str
    granted: float  # the share of members who give it
    withdrawn: float = 0.05  # the share of those who take it back by themselves


class Plan(Struct, frozen=True, kw_only=True):
    """A campaign that every brand repeats. `lift` is the extra share of a member's purchases in the window."""

    name: str
    kind: str
    comm_type: str
    channel: str = "email"
    purpose: str = "marketing"
    first_day: int
    every_days: int
    window_days: int = 28
    lift: float = 0.0
    varies: float = 0.0  # lifts of its waves lie this share around it
    novelty_days: float = 14.0  # after so many days a lift has fallen to 37 %
    control: float = 0.0  # the share that draws the control lot
    contamination: float = 0.0  # the share of the control that is reached all the same
    segments: tuple[str, ...] = SEGMENTS
    coupon_cents: int = 0
    bonus_points: int = 0
    opened: float = 0.28
    clicked: float = 0.16  # of human openers
    other_subject: float = 1.0  # clicks of the second subject line, times those of the first; 1 is no test
    webinar: bool = False
    registered_anyway: float = 0.0  # who registers for the webinar without any message
    registered: float = 0.0  # who registers because of it


class Mailing(Struct, frozen=True):
    """What becomes of messages, whatever they say."""

    hard_bounce: float = 0.004
    soft_bounce: float = 0.018
    silent: float = 0.005  # no report at all
    machine: float = 0.34  # members whose mail program opens everything by itself
    scanner: float = 0.03  # members whose mail gateway follows every link
    unsubscribed: float = 0.0015  # of delivered
    complained: float = 0.0002
    cost: float = 0.0012


class App(Struct, frozen=True):
    """What members do in the app: visits, and how many go on from each step to the next."""

    users: float = 0.4
    visits_per_month: float = 2.5
    steps: tuple[str, ...] = ("app_open", "view_offers", "view_product", "add_to_cart", "checkout")
    goes_on: tuple[float, ...] = (0.72, 0.55, 0.38, 0.62)
    anonymous: float = 0.1  # visits before signing in
    ads_per_month: float = 0.12  # clicks on paid search and display


class Creators(Struct, frozen=True):
    """The market of creators: how many there are, what a post does, and how brands pay."""

    share: float = 0.04  # of members
    at_most: int = 20_000
    posts: float = 1.6  # posts of a participation, on average
    followers: float = 4_000.0  # the middle
    engagement: float = 0.045  # of followers, for a creator of quality 1
    spread: float = 0.45  # standard deviation of the logarithm of quality
    removed: float = 0.02
    seen_per_month: float = 1.4  # clicks of a member on posts
    buys: float = 0.06  # purchases of a click, for a creator of quality 1
    rules: tuple[str, ...] = ("per_engagement", "per_sale", "capped", "tiered", "fixed")


class Profile(Struct, frozen=True, kw_only=True):
    """One kind of programme."""

    name: str
    title: str
    brands: int
    members_per_brand: int = 0  # more members than this times `brands` make no more brands, fewer make fewer
    industries: tuple[str, ...]
    favourites: float = 0.0  # brands of a member after the first, on average
    stores: int = 4  # of a brand
    products: int = 60  # of a brand
    categories: tuple[tuple[str, tuple[str, ...]], ...] = ()
    block: int = 4_096  # members made at once; part of the profile, since chance is dealt out by block
    days: int = 540
    joins_coalition: bool = False
    season: Season = Season()
    lifecycle: Lifecycle = Lifecycle()
    shopping: Shopping | None = None
    points: Points | None = None
    consents: tuple[Consent, ...] = ()
    plans: tuple[Plan, ...] = ()
    mailing: Mailing = Mailing()
    app: App | None = None
    creators: Creators | None = None
    attribute: str = "household_size"
    attribute_values: tuple[str, ...] = ("1", "2", "3", "4", "5+")
    attribute_changes: float = 0.08
    global_control: float = 0.05
    employees: float = 0.004
    tests: float = 0.002
    merged: float = 0.01
    undone: float = 0.15  # of merges


_GROCERY = (
    ("Fresh", ("Fruit", "Vegetables", "Bakery", "Meat")),
    ("Dairy", ("Milk", "Cheese", "Yoghurt")),
    ("Pantry", ("Pasta", "Sauces", "Snacks", "Coffee")),
    ("Household", ("Cleaning", "Paper", "Pets")),
)
_GOODS = (
    ("Essentials", ("Everyday", "Care")),
    ("Seasonal", ("Summer", "Winter")),
    ("Premium", ("Limited", "Gifts")),
)
_EVERYDAY = (
    Consent("email", "marketing", 0.72),
    Consent("sms", "marketing", 0.38),
    Consent("push", "marketing", 0.30),
    Consent("email", "profiling", 0.55, 0.03),
)

RETAILER = Profile(
    name="retailer",
    title="Corner & Co.",
    brands=1,
    industries=("grocery",),
    stores=40,
    products=600,
    categories=_GROCERY,
    shopping=Shopping(per_month=2.1, unidentified=0.35),
    points=Points(),
    consents=_EVERYDAY,
    app=App(),
    plans=(
        Plan(name="Newsletter", kind="newsletter", comm_type="digest", first_day=9, every_days=14, other_subject=1.25),
        Plan(
            name="Spring basket",
            kind="promo",
            comm_type="offer",
            first_day=60,
            every_days=90,
            lift=0.35,
            varies=0.4,
            control=0.2,
            coupon_cents=500,
            opened=0.34,
        ),
        Plan(
            name="Double points",
            kind="activation",
            comm_type="activation",
            first_day=100,
            every_days=120,
            window_days=21,
            lift=0.22,
            control=0.3,
            contamination=0.08,
            bonus_points=100,
        ),
        Plan(
            name="We miss you",
            kind="winback",
            comm_type="trigger",
            first_day=75,
            every_days=90,
            lift=0.6,
            control=0.5,
            segments=("leaving", "left"),
            coupon_cents=700,
        ),
        Plan(
            name="Recipe of the month",
            kind="promo",
            comm_type="offer",
            channel="push",
            first_day=130,
            every_days=180,
            control=0.3,
        ),
    ),
)

COALITION = Profile(
    name="coalition",
    title="Common Card",
    brands=1_000,
    members_per_brand=60,
    industries=("grocery", "fashion", "fuel", "pharmacy", "home", "travel", "food", "electronics"),
    favourites=3.5,
    stores=3,
    products=40,
    categories=_GOODS,
    joins_coalition=True,
    shopping=Shopping(per_month=3.0, more_lines=1.0, price_cents=1_400.0),
    points=Points(),
    consents=_EVERYDAY[:3],
    app=App(visits_per_month=1.5),
    plans=(
        Plan(
            name="Partner offer", kind="partner", comm_type="offer", first_day=70, every_days=120, lift=0.3, varies=0.8
        ),
        Plan(
            name="Come back",
            kind="winback",
            comm_type="trigger",
            first_day=110,
            every_days=180,
            lift=0.5,
            varies=0.3,
            control=0.5,
            segments=("leaving", "left"),
            coupon_cents=400,
        ),
        Plan(
            name="Weekend bonus",
            kind="activation",
            comm_type="activation",
            first_day=40,
            every_days=150,
            window_days=21,
            lift=0.4,
            varies=0.5,
            control=0.3,
            contamination=0.05,
            bonus_points=50,
        ),
    ),
)

PHARMA = Profile(
    name="pharma",
    title="Twelve brands for physicians",
    brands=12,
    industries=("pharma",),
    favourites=2.4,
    stores=0,
    products=0,
    block=2_048,
    season=Season(wave=-0.08, christmas=0.0, week=(1.1, 1.2, 1.2, 1.15, 1.0, 0.25, 0.2)),
    consents=(
        Consent("email", "marketing", 0.68),
        Consent("email", "webinar", 0.62),
        Consent("email", "medical information", 0.74, 0.02),
        Consent("phone", "remote detailing", 0.35),
        Consent("visit", "representative", 0.52),
        Consent("any", "profiling", 0.58, 0.03),
    ),
    app=App(
        users=0.3,
        visits_per_month=1.2,
        steps=("site_open", "view_indication", "view_dosage", "download", "contact"),
        goes_on=(0.64, 0.42, 0.30, 0.12),
    ),
    attribute="specialty",
    attribute_values=(
        "cardiology",
        "dermatology",
        "endocrinology",
        "general practice",
        "neurology",
        "oncology",
        "paediatrics",
        "pulmonology",
    ),
    plans=(
        Plan(name="Digest", kind="newsletter", comm_type="digest", first_day=6, every_days=30, opened=0.31),
        Plan(
            name="Activation",
            kind="activation",
            comm_type="activation",
            first_day=13,
            every_days=30,
            segments=("new", "active"),
        ),
        Plan(
            name="Reminder",
            kind="trigger",
            comm_type="trigger",
            purpose="medical information",
            first_day=20,
            every_days=30,
            segments=("leaving", "left"),
            opened=0.22,
        ),
        Plan(
            name="Webinar",
            kind="webinar",
            comm_type="webinar",
            purpose="webinar",
            first_day=27,
            every_days=60,
            window_days=14,
            control=0.25,
            contamination=0.04,
            opened=0.36,
            clicked=0.3,
            webinar=True,
            registered_anyway=0.03,
            registered=0.07,
        ),
    ),
)

CREATORS = Profile(
    name="creators",
    title="Creator market",
    brands=40,
    members_per_brand=25,
    industries=("fashion", "beauty", "food", "fitness", "home"),
    favourites=2.0,
    stores=1,
    products=30,
    categories=_GOODS,
    joins_coalition=True,
    shopping=Shopping(per_month=0.7, more_lines=0.8, price_cents=2_200.0, online=1.0),
    consents=_EVERYDAY[:1],
    app=App(users=0.7, visits_per_month=4.0),
    creators=Creators(),
    plans=(
        Plan(
            name="Creator brief",
            kind="ugc",
            comm_type="activation",
            first_day=30,
            every_days=75,
            window_days=30,
            lift=0.3,
            varies=0.5,
            control=0.3,
        ),
    ),
)

PROFILES: dict[str, Profile] = {each.name: each for each in (RETAILER, COALITION, PHARMA, CREATORS)}
