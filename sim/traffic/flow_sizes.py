"""Published flow size distributions, as points of their CDFs.

The points were read off the papers' figures by later work, whose files are named: they are facts of the
literature to one or two digits, not measurements of this project. Between points the CDF is a straight line.
"""

from sim.traffic.distributions import Cdf

_KB, _MB = 1_000, 1_000_000

WEB_SEARCH = Cdf(
    source="DCTCP, Alizadeh et al., SIGCOMM 2010, figure 4; points as in HPCC's traffic_gen (Li et al., SIGCOMM 2019)",
    points=(
        (0, 0.0),
        (10 * _KB, 0.15),
        (20 * _KB, 0.20),
        (30 * _KB, 0.30),
        (50 * _KB, 0.40),
        (80 * _KB, 0.53),
        (200 * _KB, 0.60),
        (1 * _MB, 0.70),
        (2 * _MB, 0.80),
        (5 * _MB, 0.90),
        (10 * _MB, 0.97),
        (30 * _MB, 1.0),
    ),
)
"""Flows of a web search cluster: most are short, most bytes are in flows of 1 MB and more. Mean 1.7 MB."""

DATA_MINING = Cdf(
    source="VL2, Greenberg et al., SIGCOMM 2009, figure 2; points as in Opera's figure 1 (Mellette et al., NSDI 2020)",
    points=(
        (100, 0.0),
        (180, 0.085),
        (250, 0.14),
        (560, 0.33),
        (900, 0.47),
        (1_100, 0.55),
        (1_870, 0.65),
        (3_160, 0.70),
        (10 * _KB, 0.80),
        (100 * _KB, 0.874),
        (400 * _KB, 0.90),
        (1_850 * _KB, 0.95),
        (10 * _MB, 0.97),
        (30 * _MB, 0.98),
        (100 * _MB, 0.99),
        (250 * _MB, 0.995),
        (1_000 * _MB, 1.0),
    ),
)
"""Flows of a data mining cluster: four in five are below 10 KB, a few reach 1 GB."""

HADOOP = Cdf(
    source="Facebook Hadoop, Roy et al., SIGCOMM 2015; points as in HPCC's traffic_gen",
    points=(
        (0, 0.0),
        (100, 0.01),
        (200, 0.02),
        (300, 0.05),
        (350, 0.15),
        (400, 0.20),
        (500, 0.30),
        (600, 0.40),
        (700, 0.50),
        (1 * _KB, 0.60),
        (2 * _KB, 0.67),
        (7 * _KB, 0.70),
        (30 * _KB, 0.72),
        (50 * _KB, 0.82),
        (80 * _KB, 0.87),
        (120 * _KB, 0.90),
        (300 * _KB, 0.95),
        (1 * _MB, 0.975),
        (2 * _MB, 0.99),
        (10 * _MB, 1.0),
    ),
)
"""Flows of a Hadoop cluster: half are below 700 bytes."""

GOOGLE_RPC = Cdf(
    source="Google RPC 2008; points as in HPCC's traffic_gen, which fills in between these",
    points=(
        (0, 0.0),
        (3, 0.0648826),
        (32, 0.0973239),
        (64, 0.155271),
        (128, 0.351573),
        (256, 0.497901),
        (512, 0.784921),
        (1_024, 0.8632),
        (2_048, 0.908862),
        (4_096, 0.934955),
        (8_192, 0.964309),
        (16_384, 0.984694),
        (32_768, 0.990402),
        (65_536, 0.993256),
        (131_072, 0.997129),
        (262_144, 0.998453),
        (524_288, 0.999498),
        (1_027_982, 0.999753),
        (2_073_128, 0.999887),
        (4_135_977, 0.999952),
        (8_231_141, 0.999985),
        (15_158_197, 1.0),
    ),
)
"""Messages of remote procedure calls: half are below 256 bytes."""
