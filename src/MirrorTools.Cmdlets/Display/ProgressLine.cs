using System.Management.Automation;

namespace MirrorTools.Cmdlets.Display;

/// <summary>A progress line that never shows more than 100 % and never goes back.</summary>
internal sealed class ProgressLine
{
    private readonly Cmdlet _cmdlet;
    private readonly ProgressRecord _record;
    private int _shownPercent;
    private bool _ended;

    /// <summary>Makes the line; nothing is shown yet.</summary>
    /// <param name="cmdlet">The cmdlet whose thread shows it.</param>
    /// <param name="activity">What is going on.</param>
    public ProgressLine(Cmdlet cmdlet, string activity)
    {
        _cmdlet = cmdlet;
        _record = new ProgressRecord(Math.Abs(activity.GetHashCode() % 100_000), activity, " ");
    }

    /// <summary>Shows how far it is.</summary>
    /// <param name="done">How much is done.</param>
    /// <param name="total">How much there is; nothing is known of it where 0.</param>
    /// <param name="status">The same in words.</param>
    /// <param name="left">The time left, where it can be told.</param>
    public void Show(long done, long total, string status, TimeSpan? left)
    {
        var percent = total <= 0 ? 0 : (int)Math.Floor(100.0 * Math.Min(Math.Max(done, 0), total) / total);
        _shownPercent = Math.Max(_shownPercent, Math.Min(percent, 100));
        _record.PercentComplete = _shownPercent;
        _record.StatusDescription = status.Length == 0 ? " " : status;
        _record.SecondsRemaining = left is { } value ? (int)Math.Min(Math.Max(value.TotalSeconds, 0), int.MaxValue) : -1;
        _cmdlet.WriteProgress(_record);
    }

    /// <summary>Takes the line away.</summary>
    public void End()
    {
        if (!_ended)
        {
            _ended = true;
            _record.RecordType = ProgressRecordType.Completed;
            _cmdlet.WriteProgress(_record);
        }
    }
}
