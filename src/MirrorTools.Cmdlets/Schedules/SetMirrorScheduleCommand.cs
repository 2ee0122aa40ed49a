using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Cycles;
using MirrorTools.Cmdlets.Groups;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Contracts.Schedules;

namespace MirrorTools.Cmdlets.Schedules;

/// <summary>Sets when the next cycles of pairs start. The agent keeps it over restarts.</summary>
[Cmdlet(VerbsCommon.Set, "MirrorSchedule", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = "Continuous")]
[OutputType(typeof(MirrorSchedule))]
public sealed class SetMirrorScheduleCommand : PairTargetCmdlet
{
    /// <summary>Names or ids of pairs. A group stands for the pair that leads it, whose schedule is the group's.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "PairName")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PairCompleter))]
    [PairNames(LeadOnly = true)]
    public override string[] Pair { get; set; } = [];

    /// <summary>The next cycle starts when the one before is committed and something changed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Continuous")]
    public SwitchParameter Continuous { get; set; }

    /// <summary>A cycle starts at this interval, at least a second.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Every")]
    [Duration]
    public TimeSpan Every { get; set; }

    /// <summary>A cycle starts at the times of five cron fields: minute, hour, day of month, month, day of week.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Cron")]
    [ValidateNotNullOrEmpty]
    public string Cron { get; set; } = "";

    /// <summary>The IANA time zone of the cron fields; UTC where not given.</summary>
    [Parameter(ParameterSetName = "Cron")]
    public string? TimeZone { get; set; }

    /// <summary>Only Start-FlashcopyCycle starts a cycle.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Manual")]
    public SwitchParameter Manual { get; set; }

    /// <summary>Writes the schedule.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessPair(string pair)
    {
        var body = new ScheduleInfo
        {
            Kind = ParameterSetName,
            EveryMs = ParameterSetName == "Every" ? (long)Every.TotalMilliseconds : null,
            Cron = ParameterSetName == "Cron" ? Cron : null,
            TimeZone = ParameterSetName == "Cron" && !string.IsNullOrWhiteSpace(TimeZone) ? TimeZone : null,
        };
        var text = ScheduleText.Of(body.Kind, ParameterSetName == "Every" ? Every : null, body.Cron, body.TimeZone);
        if (!Confirmed(ConfirmImpact.Medium, pair, $"Set the schedule to '{text}'"))
        {
            return;
        }

        var schedule = Ask((client, cancel) => client.Pairs.SetScheduleAsync(pair, body, cancel));
        if (PassThru)
        {
            WriteObject(new MirrorSchedule(schedule, Asked));
        }
    }
}
