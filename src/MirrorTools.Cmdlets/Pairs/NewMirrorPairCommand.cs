using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Cmdlets.Jobs;
using MirrorTools.Cmdlets.Schedules;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Plans;
using MirrorTools.Contracts.Schedules;

namespace MirrorTools.Cmdlets.Pairs;

/// <summary>Makes a pair: a source whose committed points another agent keeps.</summary>
[Cmdlet(VerbsCommon.New, "MirrorPair", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MirrorPair), typeof(Job))]
public sealed class NewMirrorPairCommand : ChangingMirrorCmdlet
{
    private JobCalls? _jobCalls;

    /// <summary>The pair's name.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>The copy service.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsAbsent]
    public CopyService? Service { get; set; }

    /// <summary>A: the source, an image file or block device at site 1.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Source { get; set; } = "";

    /// <summary>B: the first intermediate storage, at site 1; for AsyncCopy the area of preserved grains there. Beside the source where not given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? FirstIntermediate { get; set; }

    /// <summary>C: the second intermediate storage, at site 2; for AsyncCopy the area of preserved grains there. Beside the target where not given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? SecondIntermediate { get; set; }

    /// <summary>D: the target, at site 2.</summary>
    [Parameter(Mandatory = true, Position = 2, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Target { get; set; } = "";

    /// <summary>The trusted agent that is site 2; the agent that is asked where not given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(TrustCompleter))]
    public string? TargetAgent { get; set; }

    /// <summary>Makes the source as a sparse file of this size where it is not there.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsAbsent]
    [Size]
    public long? Size { get; set; }

    /// <summary>The grain size in bytes: a power of two from 4KB to 4MB; 64KB where not given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsAbsent]
    [Size]
    public long? GrainSize { get; set; }

    /// <summary>What a host write to an uncopied grain does first.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsAbsent]
    public WritePolicy? WritePolicy { get; set; }

    /// <summary>After how long a write that waits for site 2 does without it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Duration]
    public TimeSpan? WriteDeadline { get; set; }

    /// <summary>How long writes stay held for a point of a group over several agents before they go on and the point is given up: 10 ms to 30 s.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Duration]
    public TimeSpan? RunTimer { get; set; }

    /// <summary>AsyncCopy: how long an increment may take before it is given up: 1 s to 30 days.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Duration]
    public TimeSpan? MaximumIncrement { get; set; }

    /// <summary>AsyncCopy: what a write to a grain does that is still to be sent.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsAbsent]
    public CollisionPolicy? CollisionPolicy { get; set; }

    /// <summary>SyncCache: how grains are hardened.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsAbsent]
    public HardeningMethod? HardeningMethod { get; set; }

    /// <summary>The consistency group to join; where there is none of this name it is made, and this pair leads it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(GroupCompleter))]
    public string? Group { get; set; }

    /// <summary>When cycles start: Manual, Continuous, an interval such as 5m, or five cron fields.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Schedule]
    public ScheduleInfo? Schedule { get; set; }

    /// <summary>AsyncCopy: how many committed points to keep, 1 to 32.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsAbsent]
    public int? RetainPoints { get; set; }

    /// <summary>Starts from what a comparison by hash proves equal.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [TextSwitch]
    public SwitchParameter Seeded { get; set; }

    /// <summary>A directory for the pair's maps and points at site 1; needed where the storages are devices.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? MetadataPath { get; set; }

    /// <summary>The same at site 2.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? TargetMetadataPath { get; set; }

    /// <summary>Does it as a job: Get-Job, Receive-Job and Wait-Job follow it.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => _jobCalls = new JobCalls(this);

    /// <inheritdoc/>
    protected override void EndProcessing() => _jobCalls?.Start();

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Name, () =>
    {
        if (AsJob && !IsWhatIf)
        {
            _jobCalls?.Add();
            return;
        }

        ServiceParameters.Check(Service ?? CopyService.Flashcopy, Given(), Name);
        var body = ToRequest();
        var plan = new PlanRequest { Action = nameof(PlanAction.NewPair), NewPair = body };
        string Numbers() => PlanText.Of(Ask((client, cancel) => client.Pairs.PlanAsync(plan, cancel)));
        if (Confirmed(ConfirmImpact.Medium, Name, $"Make a pair from '{body.Source}' to '{body.Target}'", Numbers))
        {
            WriteObject(new MirrorPair(Ask((client, cancel) => client.Pairs.CreateAsync(body, cancel)), Asked));
        }
    });

    // An empty cell of a CSV file binds an empty text: not given.
    private IEnumerable<string> Given() => MyInvocation.BoundParameters
        .Where(bound => bound.Value is not (null or "" or SwitchParameter { IsPresent: false }))
        .Select(bound => bound.Key);

    private NewPairRequest ToRequest() => new()
    {
        Name = Name.Trim(),
        Service = (Service ?? CopyService.Flashcopy).ToString(),
        Source = StoragePath.Here(Source, ToAbsolute) ?? "",
        FirstIntermediate = StoragePath.Here(FirstIntermediate, ToAbsolute),
        SecondIntermediate = ToTarget(SecondIntermediate, nameof(SecondIntermediate)),
        Target = ToTarget(Target, nameof(Target)) ?? "",
        TargetAgent = TextOrNull(TargetAgent),
        SizeBytes = Size,
        GrainSizeBytes = GrainSize,
        WritePolicy = WritePolicy?.ToString(),
        WriteDeadlineMs = Wire.Milliseconds(WriteDeadline),
        RunTimerMs = Wire.Milliseconds(RunTimer),
        MaximumIncrementMs = Wire.Milliseconds(MaximumIncrement),
        CollisionPolicy = CollisionPolicy?.ToString(),
        HardeningMethod = HardeningMethod?.ToString(),
        Group = TextOrNull(Group),
        Schedule = Schedule,
        RetainPoints = RetainPoints,
        Seeded = Seeded,
        MetadataPath = StoragePath.Here(MetadataPath, ToAbsolute),
        TargetMetadataPath = ToTarget(TargetMetadataPath, nameof(TargetMetadataPath)),
    };

    private string? ToTarget(string? path, string parameter) =>
        TextOrNull(TargetAgent) is null ? StoragePath.Here(path, ToAbsolute) : StoragePath.There(path, parameter);

    private static string? TextOrNull(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
