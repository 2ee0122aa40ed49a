using System.Collections;
using System.Management.Automation;

namespace MirrorTools.Cmdlets.Groups;

/// <summary>
/// Lets a group stand for those of its pairs that its agent has wherever names of pairs are taken. Without this its own name would be bound, and a pair of the same name would be meant.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PairNamesAttribute : ArgumentTransformationAttribute
{
    /// <summary>True where the group stands for the pair that leads it, as with schedules.</summary>
    public bool LeadOnly { get; set; }

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var data = Unwrap(inputData);
        return data switch
        {
            MirrorGroup group => Names(group),
            IEnumerable items and not string when items.Cast<object?>().Any(item => Unwrap(item) is MirrorGroup) =>
                items.Cast<object?>().SelectMany(item => Unwrap(item) is MirrorGroup group ? Names(group) : (object?[])[item]).ToArray(),
            _ => inputData,
        };
    }

    private string[] Names(MirrorGroup group) => LeadOnly ? [.. group.OwnPairs.Take(1)] : group.OwnPairs;

    private static object? Unwrap(object? data) => data is PSObject wrapped ? wrapped.BaseObject : data;
}
