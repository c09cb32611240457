"""The names alone say who the owner is and what there is to take."""

from catalyst.audit.inside.acts.files import home_of_the_user, list_home
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="home-listing",
    theme="read",
    title="list the home folder of the user",
    origin="general",
    control="namespaces",
    layers=ENGINES,
    also=("identity",),
    act=lambda context: list_home(home_of_the_user(context)),
)
