using System.Management.Automation;

namespace MirrorTools.Cmdlets.Display;

/// <summary>A progress line that never shows more than 100 % and never goes back.</summary>
internal sealed class ProgressLine
{
    private const string NoStatus = " ";
    private readonly Cmdlet _cmdlet;
    private readonly string _activity;
    private readonly int _id;
    private int _shownPercent;
    private bool _isShown;

    /// <summary>Makes the line; nothing is shown yet.</summary>
    /// <param name="cmdlet">The cmdlet whose thread shows it.</param>
    /// <param name="activity">What is going on.</param>
    public ProgressLine(Cmdlet cmdlet, string activity)
    {
        _cmdlet = cmdlet;
        _activity = activity;
        _id = Math.Abs(activity.GetHashCode() % 100_000);
    }

    /// <summary>Shows how far it is.</summary>
    /// <param name="done">How much is done.</param>
    /// <param name="total">How much there is; nothing is known of it where 0.</param>
    /// <param name="status">The same in words.</param>
    /// <param name="left">The time left, where it can be told.</param>
    public void Show(long done, long total, string status, TimeSpan? left)
    {
        var percent = total <= 0 ? 0 : (int)Math.Floor(100.0 * Math.Min(Math.Max(done, 0), total) / total);
        _shownPercent = Math.Max(_shownPercent, percent);
        _isShown = true;
        // A new record each time: hosts and jobs keep the ones they were given.
        _cmdlet.WriteProgress(new ProgressRecord(_id, _activity, status.Length == 0 ? NoStatus : status)
        {
            PercentComplete = _shownPercent,
            SecondsRemaining = left is { } value ? (int)Math.Min(Math.Max(value.TotalSeconds, 0), int.MaxValue) : -1,
        });
    }

    /// <summary>Takes the line away.</summary>
    public void End()
    {
        if (_isShown)
        {
            _isShown = false;
            _cmdlet.WriteProgress(new ProgressRecord(_id, _activity, NoStatus) { RecordType = ProgressRecordType.Completed });
        }
    }
}
