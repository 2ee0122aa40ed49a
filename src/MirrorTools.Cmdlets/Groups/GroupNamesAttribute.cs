using System.Collections;
using System.Management.Automation;
using MirrorTools.Cmdlets.Pairs;

namespace MirrorTools.Cmdlets.Groups;

/// <summary>
/// Lets a pair stand for its group wherever names of groups are taken. Without this its own name would be bound, and a group of the same name would be meant.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class GroupNamesAttribute : ArgumentTransformationAttribute
{
    /// <summary>True where a pair without a group is left out, as by cmdlets that read; else it is refused.</summary>
    public bool LeaveOutOthers { get; set; }

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var data = Unwrap(inputData);
        return data switch
        {
            MirrorPair { Group: { } name } => name,
            MirrorPair pair => Names(pair),
            IEnumerable items and not string when items.Cast<object?>().Any(item => Unwrap(item) is MirrorPair) =>
                items.Cast<object?>().SelectMany(item => Unwrap(item) is MirrorPair pair ? Names(pair) : (object?[])[item]).ToArray(),
            _ => inputData,
        };
    }

    private string[] Names(MirrorPair pair) => pair.Group is { } name ? [name]
        : LeaveOutOthers ? []
        : throw new ArgumentTransformationMetadataException($"The pair '{pair.Name}' is in no consistency group.");

    private static object? Unwrap(object? data) => data is PSObject wrapped ? wrapped.BaseObject : data;
}
