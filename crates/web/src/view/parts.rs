//! Small parts of pages, each a template of its own: a page prints them with `{{ part }}`.

mod card;
mod chart;
mod compare;
mod copy;
mod diff;
mod preview;
mod spoken;
mod state;
mod summary;
mod table;
mod tasks;
mod thread;
mod tiles;

pub use card::{CardView, Fact, MailItem, Mailbox};
pub use chart::{BarView, ChartView, GridView, LabelView, LineView};
pub use compare::{CompareRow, CompareView};
pub use copy::CopyView;
pub use diff::{DiffLine, DiffMark, DiffView};
pub use preview::PreviewView;
pub use spoken::SpokenView;
pub use state::{PointView, Stage, StateLineView, StateView, StepsView, Tone};
pub use summary::{SummaryListView, SummaryRow};
pub use table::{CellView, ColumnView, FilterBarView, RowView, SortView, TableView};
pub use tasks::{NextStepView, TaskListView, TaskView};
pub use thread::{MessageLine, MessageView, ThreadView};
pub use tiles::{ArticleMeta, CatalogueView, TileView, TocEntry, VoteView};
